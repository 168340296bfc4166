import type { Resource, ResourceBatch, Signal } from '@millrace/core';
import {
  batchOf,
  cutBatch,
  itemCount,
  mapResources,
  mergeBatches,
  partsOf,
  resourcesOf,
  splitByResource,
} from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { meaning } from '../testdata/oracle.ts';
import { random } from '../testdata/random.ts';
import { randomRequest, requestNames } from '../testdata/random-request.ts';
import { batchFromRequest, encode, encodeChunks, encodeMetrics } from './index.ts';

const seeds = Array.from({ length: 40 }, (_, index) => index + 1);
const lazy = (
  signal: Signal,
  bytes: Uint8Array,
  metadata?: { readonly [name: string]: readonly string[] },
): ResourceBatch => batchFromRequest(signal, bytes, metadata) as ResourceBatch;
/** The same resources, in a batch of objects. */
const plain = (batch: ResourceBatch): ResourceBatch =>
  batchOf(batch.signal, resourcesOf(batch) as never, batch.metadata);

/** Some resources change, some do not, some in another way. */
function change(resource: Resource): Resource {
  const count = Object.keys(resource.attributes).length;
  if (count % 3 === 0) return resource;
  if (count % 3 === 1) return { ...resource, attributes: { ...resource.attributes, 'gateway.name': 'west' } };
  return { ...resource, schemaUrl: 'https://example.com/changed', entityRefs: undefined };
}

describe.each(['metrics', 'logs', 'traces'] as const)('%s that are bytes', (signal) => {
  const name = requestNames[signal];
  const same = (one: ResourceBatch, other: ResourceBatch, seed: number): void => {
    expect(itemCount(one), `seed ${seed}`).toBe(itemCount(other));
    expect(resourcesOf(one), `seed ${seed}`).toEqual(resourcesOf(other));
    expect(meaning(name, encode(one)), `seed ${seed}`).toEqual(meaning(name, encode(other)));
  };

  test('split as objects do', () => {
    for (const seed of seeds) {
      const bytes = randomRequest(signal, random(seed));
      const [ours, theirs] = [splitByResource(lazy(signal, bytes)), splitByResource(plain(lazy(signal, bytes)))];
      expect(ours).toHaveLength(theirs.length);
      for (const [index, { resource, batch }] of ours.entries()) {
        expect(resource).toEqual(theirs[index]!.resource);
        same(batch, theirs[index]!.batch, seed);
      }
      expect(Buffer.concat(ours.map(({ batch }) => encode(batch)))).toEqual(Buffer.from(bytes));
    }
  });

  test('have their resources changed as objects do, the second time too', () => {
    for (const seed of seeds) {
      const bytes = randomRequest(signal, random(seed));
      for (const _round of [1, 2])
        same(mapResources(lazy(signal, bytes), change), mapResources(plain(lazy(signal, bytes)), change), seed);
    }
  });

  test('are merged and cut as objects are', () => {
    for (const seed of seeds) {
      const requests = [seed, seed + 1000, seed + 2000].map((one) => randomRequest(signal, random(one)));
      const ours = mergeBatches(requests.map((bytes) => lazy(signal, bytes))) as ResourceBatch;
      same(ours, mergeBatches(requests.map((bytes) => plain(lazy(signal, bytes)))) as ResourceBatch, seed);
      expect(encode(ours)).toEqual(Buffer.concat(requests));
      const pieces = cutBatch(ours, 2).map((piece) => plain(piece as ResourceBatch));
      expect(itemCount(mergeBatches([plain(ours), ...pieces]))).toBe(2 * itemCount(ours));
    }
  });
});

test('nothing is decoded to split, map, merge and encode, and unchanged batches stay', () => {
  const bytes = Buffer.from(randomRequest('metrics', random(3)));
  const batch = lazy('metrics', bytes, { tenant: ['a'] });
  expect(mapResources(batch, (resource) => resource)).toBe(batch);
  expect(encode(batch)).toEqual(bytes);
  expect(encodeChunks(batch)).toEqual([bytes]);
  const merged = mergeBatches([batch, batch]);
  expect(encodeChunks(merged)).toEqual([bytes, bytes]);
  expect(encodeChunks(merged)[0]).toBe(encodeChunks(merged)[1]);
  expect(partsOf(merged)).toEqual([batch, batch]);
  const mapped = mapResources(batch, (resource) => ({ ...resource, attributes: {} }));
  expect(mapped.metadata).toEqual({ tenant: ['a'] });
  expect(splitByResource(mapped).every((part) => part.batch.metadata === batch.metadata)).toBe(true);
});

test('a change is asked once for the same resource bytes', () => {
  const bytes = encode(batchOf('logs', [{ resource: { attributes: { a: 1 } }, scopeLogs: [] }]));
  let asked = 0;
  const counting = (resource: Resource): Resource => {
    asked++;
    return { ...resource, attributes: { b: 2 } };
  };
  for (const _round of [1, 2, 3]) mapResources(lazy('logs', new Uint8Array(bytes)), counting);
  expect(asked).toBe(1);
});

describe('fields that OTLP does not know yet', () => {
  // 15 is unknown in ResourceMetrics, 14 in Metric, 13 in NumberDataPoint.
  const field = (tag: number, ...content: readonly number[]): readonly number[] => [tag, content.length, ...content];
  const unknown = (tag: number): readonly number[] => field(tag, ...Buffer.from('news'));
  const point = field(0x0a, 0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, ...unknown(0x6a));
  const metric = field(0x12, ...field(0x0a, 0x6d), ...field(0x2a, ...point), ...unknown(0x72));
  const resource = field(0x0a, ...field(0x0a, ...field(0x0a, 0x61), ...field(0x12, 0x18, 1)), ...unknown(0x7a));
  const request = Uint8Array.from(field(0x0a, ...resource, ...field(0x12, ...metric), ...unknown(0x7a)));
  const news = (bytes: Uint8Array): number => Buffer.from(bytes).toString('latin1').split('news').length - 1;

  test('live on where nobody looks', () => {
    const batch = lazy('metrics', request);
    expect(news(encode(batch))).toBe(4);
    expect(news(encode(mergeBatches([batch, batch])))).toBe(8);
    expect(news(encode(splitByResource(batch)[0]!.batch))).toBe(4);
  });
  test('are lost of a resource that changes, and only there', () => {
    const mapped = mapResources(lazy('metrics', request), (one) => ({ ...one, attributes: { b: 'c' } }));
    expect(news(encode(mapped))).toBe(3);
    expect(resourcesOf(mapped)[0]!.resource.attributes).toEqual({ b: 'c' });
  });
  test('live on in resources that were decoded and go into another batch as they are', () => {
    const batch = lazy('metrics', request);
    const kept = batchOf('metrics', resourcesOf(batch) as never) as ResourceBatch;
    expect(news(encode(kept))).toBe(4);
    expect(news(encodeMetrics(batch as never))).toBe(4);
  });
});
