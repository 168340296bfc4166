import type { Attributes, LogRecord, Resource, Scope } from '@millrace/core';
import { valueText } from '@millrace/core';
import type { Config, Format } from './config.ts';
import { createChooser } from './labels/choose.ts';
import { hint, isHint } from './labels/hints.ts';
import type { Label, Pair, Reason } from './labels/label.ts';
import type { Stream, Streams } from './labels/streams.ts';
import { jsonTail } from './line/json.ts';
import { logfmtTail } from './line/logfmt.ts';
import type { Metadata } from './metadata.ts';
import { addAttributes, addScope, noMetadata } from './metadata.ts';
import { tenantOf } from './tenant.ts';

type IsShown = (key: string) => boolean;

/** Where a record goes, and what is to be said beside its labels. Records of a resource with the same labels share one. */
export interface Place {
  readonly stream: Stream;
  readonly format: Format;
  /** Labels that the stream could not have, and no attributes. */
  readonly moved: readonly Pair[];
  readonly reasons: readonly Reason[];
  /** Whether an attribute of the record is to be written. Undefined: all are. */
  readonly isShown: IsShown | undefined;
  readonly hasLevel: boolean;
  readonly source: Source;
}

/** What is said of where a record comes from: of its resource, less its labels, and its scope. */
export interface Source {
  /** The end of a line. */
  tail(scope: Scope): string;
  /** For `raw`. */
  metadata(scope: Scope): Metadata;
  /** The same, beside names that are there already. */
  addTo(into: Metadata, scope: Scope): void;
}

/** Undefined: the record's tenant is none. */
export type PlaceOf = (resource: Resource, record: LogRecord) => Place | undefined;

interface Known {
  readonly labels: readonly Label[];
  epoch: number;
  readonly places: Map<string, Place>;
  readonly sources: Map<string, Source>;
}

/** How many places of a resource are remembered: with labels of many values they do not come again. */
const maxKnown = 4096;

export function placer(config: Config, streams: Streams): PlaceOf {
  const chooser = createChooser(config);
  const tenant = tenantOf(config);
  const { hints } = config;
  const resources = new WeakMap<Attributes, Known>();
  const chosen: Label[] = [];

  const formatOf = (resource: Attributes, record: Attributes): Format => {
    const wanted = hints ? (resource[hint.format] ?? record[hint.format]) : undefined;
    return wanted === 'json' || wanted === 'logfmt' || wanted === 'raw' ? wanted : config.format;
  };

  return (resource, record) => {
    const { attributes } = resource;
    let known = resources.get(attributes);
    if (!known) {
      known = { labels: chooser.ofResource(attributes), epoch: streams.epoch, places: new Map(), sources: new Map() };
      resources.set(attributes, known);
    }
    if (known.epoch !== streams.epoch || known.places.size > maxKnown) {
      known.places.clear();
      known.epoch = streams.epoch;
    }
    const id = tenant ? tenant(attributes, record.attributes) : config.tenant.default;
    if (id === '') return undefined;
    const format = formatOf(attributes, record.attributes);
    chosen.length = 0;
    chooser.ofRecord(record, attributes, chosen);
    const key = keyOf(chosen, format === config.format && id === config.tenant.default ? '' : `${format}\0${id}`);
    const place = known.places.get(key);
    if (place && !place.stream.gone) return place;
    const made = makePlace(streams.open(id, [...known.labels, ...chosen]), { format, known, resource, hints });
    known.places.set(key, made);
    return made;
  };
}

/** Most records have no label of their own but their level. */
function keyOf(chosen: readonly Label[], start: string): string {
  const [first] = chosen;
  if (start === '' && chosen.length <= 1 && !first?.of && !first?.value.startsWith('\0')) return first?.value ?? '';
  let key = start;
  for (const { name, value } of chosen) key += `\0${name}\0${value.length}\0${value}`;
  return key;
}

function makePlace(
  { stream, shown, moved, reasons }: ReturnType<Streams['open']>,
  { format, known, resource, hints }: { format: Format; known: Known; resource: Resource; hints: boolean },
): Place {
  const hidden = (from: 'resource' | 'attributes'): readonly string[] => [
    ...new Set(shown.filter((label) => label.from === from).map(({ key }) => key)),
  ];
  const ofResource = hidden('resource');
  const sourceKey = JSON.stringify([format, ofResource]);
  let source = known.sources.get(sourceKey);
  if (!source) {
    source = sourceOf(resource, format, shownBut(ofResource, hints));
    known.sources.set(sourceKey, source);
  }
  const hasLevel = stream.labels.some(([name]) => name === 'level') || moved.some(([name]) => name === 'level');
  return { stream, format, moved, reasons, hasLevel, source, isShown: shownBut(hidden('attributes'), hints) };
}

function shownBut(hidden: readonly string[], hints: boolean): IsShown | undefined {
  const keys = new Set(hidden);
  if (keys.size === 0) return hints ? (key) => !isHint(key) : undefined;
  return (key) => !keys.has(key) && !(hints && isHint(key));
}

const all = (): boolean => true;

function sourceOf(resource: Resource, format: Format, isShown: IsShown | undefined): Source {
  const tail = onceForEach((scope) =>
    format === 'raw' ? '' : (format === 'json' ? jsonTail : logfmtTail)(resource, isShown ?? all, scope),
  );
  const addTo = (into: Metadata, scope: Scope): void => {
    addAttributes(into, resource.attributes, { from: 'resource', isShown });
    addScope(into, scope);
  };
  const metadata = onceForEach((scope) => {
    const made = noMetadata();
    addTo(made, scope);
    return made;
  });
  return { tail, metadata, addTo };
}

/** Made again only when the scope says something else than that before. */
function onceForEach<T>(make: (scope: Scope) => T): (scope: Scope) => T {
  let last: { readonly scope: Scope; readonly key: string; readonly made: T } | undefined;
  return (scope) => {
    if (last?.scope === scope) return last.made;
    const { name, version, attributes } = scope;
    const key = JSON.stringify([
      name,
      version,
      attributes && Object.entries(attributes).map(([k, v]) => [k, valueText(v)]),
    ]);
    last = last?.key === key ? { ...last, scope } : { scope, key, made: make(scope) };
    return last.made;
  };
}
