/**
 * Units of Datadog's that are written as annotations in UCUM, `{request}`: those of
 * https://docs.datadoghq.com/metrics/units/#unit-list that Datadog's own translator takes
 * (https://github.com/DataDog/datadog-agent/blob/main/pkg/opentelemetry-mapping-go/otlp/attributes/units.go).
 */
const annotations = new Set(
  `alert apdex assertion attempt block buffer build cent check collection column command commit connection container core
  cpu cursor datagram day decibel-milliwatt device document dollar email entity entry error euro event eviction exception
  execution fault fetch file flush fraction frame get heap hit hop host index inode instance invocation item job key
  location lock merge message method minute miss monitor node object occurrence offset operation packet page payload penny
  permille pound prediction process query question read record refresh request resource response route row run sample scan
  sector segment service session set shard span split stage step success table task thread throttle ticket time timeout
  token transaction unit update user vector view volume wait watt-hour week worker write`.split(/\s+/),
);
const annotationAliases: Readonly<Record<string, string>> = { datapoint: 'item' };

const prefixes: Readonly<Record<string, string>> = {
  d: 'deci',
  m: 'milli',
  u: 'micro',
  n: 'nano',
  k: 'kilo',
  M: 'mega',
  G: 'giga',
  T: 'tera',
  P: 'peta',
  E: 'exa',
  Ki: 'kibi',
  Mi: 'mebi',
  Gi: 'gibi',
  Ti: 'tebi',
  Pi: 'pebi',
  Ei: 'exbi',
};

/** UCUM's units that Datadog has, and with which prefixes it has them. */
const baseUnits: readonly (readonly [ucum: string, name: string, prefixes: string])[] = [
  ['By', 'byte', 'Ki Mi Gi Ti Pi Ei k M G T P E'],
  ['bit', 'bit', 'k M G T P E'],
  ['s', 'second', 'm u n'],
  ['h', 'hour', ''],
  ['Hz', 'hertz', 'k M G'],
  ['W', 'watt', 'd m u n k M G T'],
  ['V', 'volt', 'm'],
  ['J', 'joule', 'n m k M'],
  ['A', 'ampere', 'm'],
  ['Cel', 'degree celsius', 'd'],
  ['%', 'percent', ''],
];

const named = new Map<string, string>();
for (const [ucum, name, allowed] of baseUnits) {
  named.set(ucum, name);
  for (const prefix of allowed.split(' ')) if (prefix) named.set(prefix + ucum, prefixes[prefix] + name);
}

const mapped = new Map<string, string | undefined>();

/** Datadog's name of a UCUM unit, or of a fraction of two; undefined where it has none. */
export function unitName(unit: string): string | undefined {
  if (unit === '' || unit === '1') return undefined;
  if (mapped.has(unit)) return mapped.get(unit);
  const parts = unit.split('/');
  const names = parts.map(partName);
  const name = parts.length <= 2 && !names.includes(undefined) ? names.join('/') : undefined;
  // Units are few; a sender of ever new ones must not fill the memory.
  if (mapped.size < 1000) mapped.set(unit, name);
  return name;
}

function partName(part: string): string | undefined {
  const annotation = /^\{(.*)\}$/s.exec(part)?.[1];
  if (annotation === undefined) return named.get(part);
  const alias = Object.hasOwn(annotationAliases, annotation) ? annotationAliases[annotation] : undefined;
  return alias ?? (annotations.has(annotation) ? annotation : undefined);
}
