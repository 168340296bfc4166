import { type Attributes, attributesKey, type LogRecord, type LogsBatch, logsBatch, type Scope } from '@millrace/core';
import type { Entry } from '@millrace/log-operators';
import type { Mark, Position } from './position.ts';

/** Records on their way, and how far their files will have been read when they are handed on. */
export interface Gathering {
  readonly records: number;
  readonly isFull: boolean;
  readonly marks: ReadonlyMap<Position, Mark>;
  /** `size`: the bytes that it took in the file. */
  add(record: LogRecord, entry: Pick<Entry, 'resource' | 'scopeName'>, size: number): void;
  mark(position: Position, mark: Mark): void;
  batch(): LogsBatch;
}

const maxRecords = 2_000;
const maxBytes = 1024 * 1024;

export function createGathering(canonical: (resource: Attributes) => Attributes): Gathering {
  const resources = new Map<Attributes, Map<string, LogRecord[]>>();
  const marks = new Map<Position, Mark>();
  let records = 0;
  let bytes = 0;
  return {
    get records() {
      return records;
    },
    get isFull() {
      return records >= maxRecords || bytes >= maxBytes;
    },
    marks,
    add(record, { resource, scopeName = '' }, size) {
      const key = canonical(resource);
      let scopes = resources.get(key);
      if (!scopes) resources.set(key, (scopes = new Map()));
      const list = scopes.get(scopeName);
      if (list) list.push(record);
      else scopes.set(scopeName, [record]);
      records++;
      bytes += size;
    },
    mark: (position, mark) => void marks.set(position, mark),
    batch: () =>
      logsBatch(
        [...resources].map(([attributes, scopes]) => ({
          resource: { attributes },
          scopeLogs: [...scopes].map(([name, logRecords]) => ({ scope: scopeOf(name), logRecords })),
        })),
      ),
  };
}

const scopeOf = (name: string): Scope => ({ name });

/** The same object for resources that are the same, so that consumers can cache what they make of it. */
export function createCanonical(base: Attributes): (resource: Attributes) => Attributes {
  const byIdentity = new WeakMap<Attributes, Attributes>([[base, base]]);
  const byKey = new Map<string, Attributes>([[attributesKey(base), base]]);
  return (resource) => {
    let known = byIdentity.get(resource);
    if (!known) {
      const key = attributesKey(resource);
      known = byKey.get(key);
      if (!known) {
        if (byKey.size >= 10_000) byKey.clear();
        byKey.set(key, (known = resource));
      }
      byIdentity.set(resource, known);
    }
    return known;
  };
}
