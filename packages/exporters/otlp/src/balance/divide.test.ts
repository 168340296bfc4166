import type { Batch, MetricsBatch, TracesBatch } from '@millrace/core';
import { isPlain, itemCount, mergeBatches } from '@millrace/core';
import { batchFromRequest, encode } from '@millrace/otlp';
import { describe, expect, test } from 'vitest';
import { profile, record, services, servicesIn, spans } from '../../testdata/batches.ts';
import type { Key } from './divide.ts';
import { divide } from './divide.ts';

/** By the last two bits of the hash. */
const quarters = (key: Key, batch: Batch) => divide(batch, { key, choose: (hash) => hash & 3 });
const names = Array.from({ length: 40 }, (_, index) => `shop-${index}`);

describe('by resource', () => {
  test.each<[string, (batch: MetricsBatch) => Batch]>([
    ['objects', (batch) => batch],
    ['bytes', (batch) => batchFromRequest('metrics', encode(batch))],
    ['a merged batch', (batch) => mergeBatches([batch, batchFromRequest('metrics', encode(services(['late'])))])],
  ])('%s: a resource is where it always is, and nothing is lost', (_name, made) => {
    const whole = made(services(names));
    const shares = quarters('resource', whole);
    const all = [...shares.values()].flatMap((share) => servicesIn(encode(share)));
    expect([...all].sort()).toEqual([...servicesIn(encode(whole))].sort());
    expect([...shares.values()].reduce((sum, share) => sum + itemCount(share), 0)).toBe(itemCount(whole));
    expect(shares.size).toBe(4);
    for (const [place, share] of shares)
      for (const name of servicesIn(encode(share)))
        expect([...quarters('resource', services([name])).keys()]).toEqual([place]);
  });

  test('what is encoded stays so, and what has one place is the batch itself', () => {
    const batch = batchFromRequest('metrics', encode(services(names)));
    for (const share of quarters('resource', batch).values()) expect(isPlain(share)).toBe(false);
    expect([...divide(batch, { key: 'resource', choose: () => 'a' }).values()]).toEqual([batch]);
    expect([...quarters('trace_id', record()).values()]).toHaveLength(1);
  });
});

describe('by trace', () => {
  const traceOf = (name: string): string => name.slice('span-'.length).padStart(2, '0').slice(-1).repeat(32);
  const batch = spans(
    Array.from({ length: 60 }, (_, index) => `span-${index}`),
    traceOf,
  );

  test('the spans of a trace stay together, in their order', () => {
    const shares = quarters('trace_id', batch);
    const found = [...shares].flatMap(([place, share]) =>
      (share as TracesBatch).resourceSpans.flatMap(({ resource, scopeSpans }) => {
        expect(resource).toBe(batch.resourceSpans[0]!.resource);
        return scopeSpans.flatMap((scope) => scope.spans.map(({ name, traceId }) => ({ place, name, traceId })));
      }),
    );
    expect(found).toHaveLength(60);
    expect(shares.size).toBeGreaterThan(1);
    for (const traces of Map.groupBy(found, ({ traceId }) => traceId).values()) {
      expect(new Set(traces.map(({ place }) => place)).size).toBe(1);
      const numbers = traces.map(({ name }) => Number(name.slice('span-'.length)));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });

  test('one trace is the batch itself', () => {
    const one = spans(['a', 'b']);
    expect([...quarters('trace_id', one).values()]).toEqual([one]);
  });
});

test('profiles go whole, and the same way again', () => {
  const batch = profile();
  const [first, again] = [quarters('resource', batch), quarters('trace_id', batch)];
  expect([...first.values()]).toEqual([batch]);
  expect([...first.keys()]).toEqual([...again.keys()]);
});
