import type { AnyValue, Attributes, Scope } from '@millrace/core';
import { valueText } from '@millrace/core';
import { keyText, tagValueText } from './escape.ts';

/** The tags of a series, sorted by key: `,host=a,region=b`. */
export interface Tags {
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The same with one more, which takes the place of one of its name. */
  with(key: string, value: string): Uint8Array;
}

type Pairs = ReadonlyMap<string, string>;

/** InfluxDB sorts by bytes, which only beyond the first plane differs from how JavaScript sorts. */
const byBytes = (a: string, b: string): number =>
  /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1;

function rendered(pairs: Pairs): string {
  let text = '';
  for (const key of [...pairs.keys()].sort(byBytes)) text += `,${key}=${pairs.get(key)!}`;
  return text;
}

/** The bounds of an exponential histogram may change. */
const variantsKept = 500;

function tags(pairs: Pairs): Tags {
  const more = new Map<string, Uint8Array>();
  const text = rendered(pairs);
  return {
    text,
    bytes: Buffer.from(text),
    with(key, value) {
      const tag = `${key}=${value}`;
      let bytes = more.get(tag);
      if (!bytes) {
        bytes = Buffer.from(rendered(new Map([...pairs, [keyText(key), tagValueText(value)]])));
        if (more.size >= variantsKept) more.clear();
        more.set(tag, bytes);
      }
      return bytes;
    },
  };
}

/** Without a name or without a value there is no tag. */
function add(pairs: Map<string, string>, name: string, value: AnyValue | undefined): void {
  const text = name === '' ? '' : valueText(value);
  if (text !== '') pairs.set(keyText(name), tagValueText(text));
}

function addAll(pairs: Map<string, string>, attributes: Attributes): void {
  for (const name in attributes) add(pairs, name, attributes[name]);
}

/** Of these attributes alone. */
export function tagsOf(attributes: Attributes): Tags {
  const pairs = new Map<string, string>();
  addAll(pairs, attributes);
  return tags(pairs);
}

/** Makes the tags of points; once for the same objects. */
export type PointTags = (attributes: Attributes) => Tags;

export interface TagCache {
  /** Where two have a tag of the same name, the point's stands before the scope's and that before the resource's. */
  of(resource: Attributes, scope?: Scope): PointTags;
}

const noScope: Scope = { name: '' };

export function tagCache(): TagCache {
  const known = new WeakMap<Attributes, WeakMap<Scope, PointTags>>();
  const make = (resource: Attributes, scope: Scope): PointTags => {
    const common = new Map<string, string>();
    addAll(common, resource);
    if (scope.attributes) addAll(common, scope.attributes);
    add(common, 'otel.library.name', scope.name);
    add(common, 'otel.library.version', scope.version);
    const made = new WeakMap<Attributes, Tags>();
    return (attributes) => {
      let found = made.get(attributes);
      if (!found) {
        const pairs = new Map(common);
        addAll(pairs, attributes);
        found = tags(pairs);
        made.set(attributes, found);
      }
      return found;
    };
  };
  return {
    of(resource, scope = noScope) {
      let ofResource = known.get(resource);
      if (!ofResource) known.set(resource, (ofResource = new WeakMap()));
      let found = ofResource.get(scope);
      if (!found) ofResource.set(scope, (found = make(resource, scope)));
      return found;
    },
  };
}
