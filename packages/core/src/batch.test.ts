import { describe, expect, it, vi } from 'vitest';
import type { Batch, Encoded, LogsBatch, Resource, ResourceLogs } from './batch.ts';
import {
  byteSize,
  encodedBatch,
  itemCount,
  logsBatch,
  mapResources,
  mergeBatches,
  partsOf,
  profilesBatch,
  splitByResource,
  tracesBatch,
} from './batch.ts';
import { cutBatch } from './cut.ts';

const logs = (name: string, records: number): ResourceLogs => ({
  resource: { attributes: { name } },
  scopeLogs: [
    {
      scope: { name: 'scope' },
      logRecords: Array.from({ length: records }, (_, body) => ({ observedTime: [1, 0], body, attributes: {} })),
    },
  ],
});

/** A codec whose bytes are objects, and which says when it is made to decode. */
function encoded(...resources: ResourceLogs[]): { batch: LogsBatch; decode: ReturnType<typeof vi.fn> } {
  const decode = vi.fn(() => resources);
  const items = itemCount(logsBatch(resources));
  const codec: Encoded<'logs'> = {
    items,
    bytes: 10 * items,
    decode,
    split: () => resources.map((one) => ({ resource: one.resource, batch: encoded(one).batch })),
    mapResources(change) {
      const changed = resources.map((one) => ({ ...one, resource: change(one.resource) }));
      return changed.every(({ resource }, index) => resource === resources[index]!.resource)
        ? undefined
        : encoded(...changed).batch;
    },
  };
  return { batch: encodedBatch('logs', codec), decode };
}

const names = (batch: Batch): unknown[] =>
  (batch as LogsBatch).resourceLogs.map(({ resource }) => resource.attributes['name']);

describe('a batch that is still bytes', () => {
  it('is counted, weighed, merged and split without being decoded', () => {
    const [one, two] = [encoded(logs('a', 2), logs('b', 3)), encoded(logs('c', 4))];
    const merged = mergeBatches([one.batch, two.batch]) as LogsBatch;
    expect(itemCount(merged)).toBe(9);
    expect(byteSize(merged)).toBe(90);
    expect(partsOf(merged)).toEqual([one.batch, two.batch]);
    expect(
      splitByResource(merged).map(({ resource, batch }) => [resource.attributes['name'], itemCount(batch)]),
    ).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', 4],
    ]);
    expect(cutBatch(merged, 5).map(itemCount)).toEqual([5, 4]);
    expect(one.decode).not.toHaveBeenCalled();
    expect(two.decode).not.toHaveBeenCalled();
  });

  it('is decoded once, at the first look', () => {
    const { batch, decode } = encoded(logs('a', 1));
    const merged = mergeBatches([batch, logsBatch([logs('b', 1)])]);
    expect(names(merged)).toEqual(['a', 'b']);
    expect(names(merged)).toEqual(['a', 'b']);
    expect(names(batch)).toEqual(['a']);
    expect(decode).toHaveBeenCalledTimes(1);
  });

  it('is opened only where one resource alone has too much', () => {
    const { batch, decode } = encoded(logs('a', 1), logs('b', 7), logs('c', 1));
    const pieces = cutBatch(batch, 3);
    expect(pieces.map(itemCount)).toEqual([1, 3, 3, 2]);
    expect(pieces.flatMap(names)).toEqual(['a', 'b', 'b', 'b', 'c']);
    expect(decode).not.toHaveBeenCalled();
  });

  it('gets other resources, and keeps its seams', () => {
    const [one, two] = [encoded(logs('a', 1)), encoded(logs('b', 1))];
    const merged = mergeBatches([one.batch, two.batch]) as LogsBatch;
    const change = (resource: Resource): Resource =>
      resource.attributes['name'] === 'b' ? { attributes: { name: 'B' } } : resource;
    const mapped = mapResources(merged, change);
    expect(partsOf(mapped)[0]).toBe(one.batch);
    expect(one.decode).not.toHaveBeenCalled();
    expect(names(mapped)).toEqual(['a', 'B']);
    expect(mapResources(merged, (resource) => resource)).toBe(merged);
  });
});

describe('a batch of objects', () => {
  it('gets other resources, sharing what lies below', () => {
    const batch = logsBatch([logs('a', 1), logs('b', 1)], { 'x-tenant': ['t'] });
    const mapped = mapResources(batch, (resource) =>
      resource.attributes['name'] === 'a' ? { attributes: { name: 'A' } } : resource,
    ) as LogsBatch;
    expect(names(mapped)).toEqual(['A', 'b']);
    expect(mapped.resourceLogs[1]).toBe(batch.resourceLogs[1]);
    expect(mapped.resourceLogs[0]!.scopeLogs).toBe(batch.resourceLogs[0]!.scopeLogs);
    expect(mapped.metadata).toEqual({ 'x-tenant': ['t'] });
  });
});

describe('merging', () => {
  it('remembers all parts, also of what was merged before', () => {
    const parts = ['a', 'b', 'c'].map((name) => logsBatch([logs(name, 1)]));
    const merged = mergeBatches([mergeBatches(parts.slice(0, 2)), parts[2]!]);
    expect(partsOf(merged)).toEqual(parts);
    expect(partsOf(parts[0]!)).toEqual([parts[0]]);
  });

  it('keeps metadata that is the same in all', () => {
    const metadata = { 'x-tenant': ['t'] };
    const [one, two] = [logsBatch([logs('a', 1)], metadata), logsBatch([logs('b', 1)], metadata)];
    expect(mergeBatches([one, two]).metadata).toBe(metadata);
    expect(mergeBatches([one, logsBatch([logs('b', 1)])]).metadata).toBeUndefined();
  });

  it('refuses profiles, whose dictionaries differ', () => {
    const profile = profilesBatch(Buffer.from([]), 5);
    expect(itemCount(profile)).toBe(5);
    expect(() => mergeBatches([profile, profile])).toThrow('cannot be merged');
    expect(cutBatch(profile, 1)).toEqual([profile]);
  });
});

it('counts spans', () => {
  const span = { traceId: '1'.repeat(32), spanId: '1'.repeat(16), name: 's', kind: 1, attributes: {} };
  const spans = [{ ...span, startTime: [1, 0] as const, endTime: [2, 0] as const }];
  const batch = tracesBatch([{ resource: { attributes: {} }, scopeSpans: [{ scope: { name: '' }, spans }] }]);
  expect(itemCount(batch)).toBe(1);
});
