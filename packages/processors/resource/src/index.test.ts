import { readFileSync } from 'node:fs';
import type { Batch, InputOf, Resource, ResourceBatch } from '@millrace/core';
import {
  encodedBatch,
  logsBatch,
  metricsBatch,
  profilesBatch,
  resolveConfig,
  resourcesOf,
  tracesBatch,
} from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import resource from './index.ts';

type Input = InputOf<typeof resource.config>;

function start(input: Input) {
  const next = sink();
  const processor = resource.create(resolveConfig(resource.config, input), testContext(), next);
  return {
    async pass(batch: Batch): Promise<Batch> {
      await processor.consume(batch);
      return next.batches.at(-1)!;
    },
  };
}

const upsert: Input = { attributes: [{ action: 'upsert', key: 'env', value: 'prod' }] };
const host: Resource = { attributes: { host: 'a' }, schemaUrl: 'https://example.com/1', droppedAttributesCount: 1 };
const already: Resource = { attributes: { env: 'prod' } };

const batches: ResourceBatch[] = [
  metricsBatch(
    [
      { resource: host, scopeMetrics: [] },
      { resource: already, scopeMetrics: [] },
    ],
    { tenant: ['a'] },
  ),
  logsBatch(
    [
      { resource: host, scopeLogs: [] },
      { resource: already, scopeLogs: [] },
    ],
    { tenant: ['a'] },
  ),
  tracesBatch(
    [
      { resource: host, scopeSpans: [] },
      { resource: already, scopeSpans: [] },
    ],
    { tenant: ['a'] },
  ),
];

describe.each(batches)('$signal', (batch) => {
  it('get the attributes, and keep the rest', async () => {
    const passed = (await start(upsert).pass(batch)) as ResourceBatch;
    expect(resourcesOf(passed).map((one) => one.resource)).toEqual([
      { ...host, attributes: { host: 'a', env: 'prod' } },
      already,
    ]);
    expect(resourcesOf(passed)[1]).toBe(resourcesOf(batch)[1]);
    expect(passed.metadata).toBe(batch.metadata);
  });

  it('have the same resource objects from batch to batch', async () => {
    const { pass } = start(upsert);
    const [first, second] = [await pass(batch), await pass({ ...batch })] as ResourceBatch[];
    expect(resourcesOf(first!)[0]!.resource).toBe(resourcesOf(second!)[0]!.resource);
  });

  it('are the same batch if nothing changes', async () => {
    expect(await start({ attributes: [{ action: 'delete', key: 'no.such' }] }).pass(batch)).toBe(batch);
  });
});

describe('a batch that is bytes', () => {
  /** Notes how it is asked to change its resources; nobody may look into it. */
  function bytes(metadata?: Record<string, string[]>) {
    const changes: ((resource: Resource) => Resource)[] = [];
    const result = logsBatch([]);
    const batch = encodedBatch(
      'logs',
      {
        items: 1,
        bytes: 10,
        decode: () => expect.fail('it was decoded'),
        split: () => expect.fail('it was split'),
        mapResources(change) {
          changes.push(change);
          return result;
        },
      },
      metadata,
    );
    return { batch, changes, result };
  }

  it('is not decoded, and the change is always the same function', async () => {
    const { pass } = start(upsert);
    const { batch, changes, result } = bytes();
    expect(await pass(batch)).toBe(result);
    await pass(batch);
    expect(changes[0]!(host).attributes).toEqual({ host: 'a', env: 'prod' });
    expect(changes[0]).toBe(changes[1]);
  });

  it('is changed by one function for each value of a header', async () => {
    const { pass } = start({ attributes: [{ action: 'upsert', key: 'tenant', from_context: 'metadata.x-tenant' }] });
    const asked = [bytes({ 'x-tenant': ['a'] }), bytes({ 'x-tenant': ['b'] }), bytes({ 'x-tenant': ['a'] }), bytes()];
    for (const { batch } of asked) await pass(batch);
    const [a, b, again, none] = asked.map(({ changes }) => changes[0]!);
    expect(again).toBe(a);
    expect(a!(host).attributes).toEqual({ host: 'a', tenant: 'a' });
    expect(b!(host).attributes).toEqual({ host: 'a', tenant: 'b' });
    expect(none!(host)).toBe(host);
  });
});

it('passes profiles on', async () => {
  const profiles = profilesBatch(new Uint8Array([1]), 1);
  expect(await start(upsert).pass(profiles)).toBe(profiles);
});

it('says what is wrong with an action, and where', () => {
  const config = resolveConfig(resource.config, { attributes: [{ action: 'insert', key: 'a' }] });
  expect(resource.check?.(config)).toEqual([
    { path: ['attributes', 0], message: 'The action insert needs one of value, from_attribute, from_context.' },
  ]);
});

it('of the example is valid', () => {
  const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
    processors: { resource: Input };
  };
  expect(resource.check?.(resolveConfig(resource.config, example.processors.resource))).toEqual([]);
});
