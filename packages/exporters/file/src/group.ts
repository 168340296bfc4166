import { normalize } from 'node:path';
import type { Batch, Resource, ResourceBatch } from '@millrace/core';
import { itemCount, mergeBatches, splitByResource } from '@millrace/core';

const maxNameBytes = 200;

/**
 * The file for a value of the attribute: inside the part of the path before the `*`, whatever the value is. Undefined if
 * nothing of the value can be in a path.
 */
export function pathFor(pattern: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const [prefix = '', suffix = ''] = pattern.split('*');
  const names = value.split('/').filter((name) => name !== '' && name !== '.' && name !== '..');
  if (names.length === 0) return undefined;
  const safe = names.map((name) => shortened(name.replace(/\p{Cc}/gu, '_')));
  // What stands around the * may make a name of dots, too.
  const path = `${prefix}${safe.join('/')}${suffix}`;
  return path
    .split('/')
    .slice(prefix.split('/').length - 1)
    .some((name) => name === '..' || name === '.')
    ? undefined
    : normalize(path);
}

function shortened(name: string): string {
  const bytes = Buffer.from(name);
  return bytes.length <= maxNameBytes
    ? name
    : bytes
        .subarray(0, maxNameBytes)
        .toString()
        .replace(/\ufffd+$/, '');
}

interface Groups {
  readonly byPath: ReadonlyMap<string, Batch>;
  /** Items without the attribute. */
  readonly without: number;
}

/** The batch in parts, by the file that each is for. */
export function groupByPath(batch: Batch, pathOf: (resource: Resource) => string | undefined): Groups {
  if (batch.signal === 'profiles') return { byPath: new Map(), without: itemCount(batch) };
  const parts = new Map<string, ResourceBatch[]>();
  let without = 0;
  for (const part of splitByResource(batch)) {
    const path = pathOf(part.resource);
    if (path === undefined) without += itemCount(part.batch);
    else (parts.get(path) ?? newList(parts, path)).push(part.batch);
  }
  return { byPath: new Map([...parts].map(([path, batches]) => [path, mergeBatches(batches)])), without };
}

function newList<T>(lists: Map<string, T[]>, key: string): T[] {
  const list: T[] = [];
  lists.set(key, list);
  return list;
}
