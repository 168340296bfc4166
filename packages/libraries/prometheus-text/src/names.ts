/**
 * How OpenTelemetry's names become Prometheus' names:
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/, and where that leaves a choice, as
 * the Collector's prometheus exporter does, so that dashboards go on working.
 */

export const translationStrategies = [
  'UnderscoreEscapingWithSuffixes',
  'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes',
  'NoTranslation',
] as const;

export type TranslationStrategy = (typeof translationStrategies)[number];

export interface Naming {
  /** Names may hold any character: they are quoted where the classic alphabet does not suffice. */
  readonly utf8: boolean;
  /** Names end in their unit and type: `_bytes`, `_seconds_total`. */
  readonly suffixes: boolean;
  /** Begins every metric's name. */
  readonly namespace?: string | undefined;
}

export const namingOf = (strategy: TranslationStrategy, namespace?: string): Naming => ({
  utf8: strategy === 'NoUTF8EscapingWithSuffixes' || strategy === 'NoTranslation',
  suffixes: strategy === 'UnderscoreEscapingWithSuffixes' || strategy === 'NoUTF8EscapingWithSuffixes',
  namespace,
});

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';

export interface FamilyName {
  /** With `_total` where it is a counter's. Empty if nothing was given to name it by. */
  readonly name: string;
  /** The unit in words, `bytes_per_second`; empty if there is none or the name does not end in it (and a type suffix). */
  readonly unit: string;
}

const unitWords: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tebibytes',
  kBy: 'kilobytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
  '1': '',
};

const perWords: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

interface UnitSuffixes {
  readonly unit: string;
  readonly per: string;
}

/** `By/s` → bytes, per_second. What is in braces is an annotation and no unit. */
function unitSuffixes(unit: string): UnitSuffixes {
  const slash = unit.indexOf('/');
  const main = (slash < 0 ? unit : unit.slice(0, slash)).trim();
  const per = slash < 0 ? '' : unit.slice(slash + 1).trim();
  const word = (code: string, words: Readonly<Record<string, string>>): string =>
    /[{}]/.test(code) ? '' : tokens(words[code] ?? code).join('_');
  const perWord = word(per, perWords);
  return { unit: word(main, unitWords), per: perWord && `per_${perWord}` };
}

const tokens = (name: string): string[] => name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');

/** The family's name for a metric's, with the unit where the name shows it. */
export function familyName(metric: { name: string; unit: string; type: FamilyType }, naming: Naming): FamilyName {
  if (metric.name === '') return { name: '', unit: '' };
  const unit = unitSuffixes(metric.unit);
  const endings = naming.suffixes ? typeEndings(metric) : [];
  const name = naming.utf8
    ? suffixedName(metric.name, naming, unit, endings)
    : classicName(metric.name, naming, unit, endings);
  return { name, unit: shownUnit(name, unit, endings) };
}

/** A unit of 1 is a ratio only where it is a gauge's: counters of things are often given it by mistake. */
function typeEndings({ unit, type }: { unit: string; type: FamilyType }): string[] {
  if (type === 'counter') return ['total'];
  return type === 'gauge' && unit.trim() === '1' ? ['ratio'] : [];
}

function classicName(name: string, naming: Naming, unit: UnitSuffixes, endings: readonly string[]): string {
  let parts = tokens(name);
  if (parts.length === 0) parts = [valueEscaped(name)];
  if (naming.suffixes) {
    if (unit.unit && !parts.includes(unit.unit)) parts.push(unit.unit);
    if (unit.per && !parts.join('_').endsWith(unit.per)) parts.push(unit.per);
    for (const ending of endings) parts = [...parts.filter((part) => part !== ending), ending];
  }
  if (naming.namespace) parts = [...tokens(naming.namespace), ...parts];
  const joined = parts.join('_');
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

function suffixedName(name: string, naming: Naming, unit: UnitSuffixes, endings: readonly string[]): string {
  let result = naming.namespace ? `${naming.namespace}_${name}` : name;
  result = result.replaceAll('\0', '\ufffd').toWellFormed();
  if (!naming.suffixes) return result;
  for (const ending of endings) result = withoutEnding(result, ending);
  if (unit.per) result = withoutEnding(result, unit.per);
  if (unit.unit && !result.endsWith(unit.unit)) result += `_${unit.unit}`;
  if (unit.per) result += `_${unit.per}`;
  for (const ending of endings) result += `_${ending}`;
  return result;
}

const withoutEnding = (name: string, ending: string): string =>
  name.length > ending.length + 1 && name.endsWith(ending) && /[._]/.test(name[name.length - ending.length - 1]!)
    ? name.slice(0, -(ending.length + 1))
    : name;

function shownUnit(name: string, { unit, per }: UnitSuffixes, endings: readonly string[]): string {
  const words = endings[0] === 'ratio' ? 'ratio' : [unit, per].filter((word) => word !== '').join('_');
  const base = endings[0] === 'total' ? withoutEnding(name, 'total') : name;
  return words !== '' && base.endsWith(`_${words}`) ? words : '';
}

/**
 * Prometheus' value escaping, for a name of which nothing else would be left, so that two such names stay two:
 * https://prometheus.io/docs/instrumenting/escaping_schemes/
 */
const valueEscaped = (name: string): string =>
  `U__${Array.from(name.toWellFormed(), (char) => (char === '_' ? '__' : `_${char.codePointAt(0)!.toString(16)}_`)).join('')}`;

/** The label for an attribute's name. What the classic alphabet lacks becomes `_`, and a digit cannot come first. */
export function labelName(attribute: string, { utf8 }: Pick<Naming, 'utf8'>): string {
  if (utf8) {
    const name = attribute.replaceAll('\0', '\ufffd').toWellFormed();
    return name === '' ? '_' : name.replace(/^__+/, '_');
  }
  const name = attribute.replace(/[^a-zA-Z0-9]+/g, '_');
  if (name === '') return '_';
  return /^[0-9]/.test(name) ? `key_${name}` : name;
}

const classic = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const classicLabel = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export const isClassicName = (name: string): boolean => classic.test(name);
export const isClassicLabel = (label: string): boolean => classicLabel.test(label);
