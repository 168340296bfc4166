import { RefusedError, resolveConfig } from '@millrace/core';
import { checkDefinition, frozenBatch, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import limiter from './index.ts';

describe('the contract', () => {
  for (const { name, run } of checkDefinition(limiter, { config: { limit_mib: 100_000 } })) it(name, run);
});

async function running(limitMib: number) {
  const counts: Record<string, number> = {};
  const context = testContext({ id: 'memory_limiter/x' });
  const meter = {
    ...context.meter,
    createCounter: (name: string) => ({
      add(items: number, attributes: object) {
        expect(attributes).toEqual({ processor: 'memory_limiter/x' });
        counts[name] = (counts[name] ?? 0) + items;
      },
    }),
  } as unknown as typeof context.meter;
  const next = sink();
  const config = resolveConfig(limiter.config, { limit_mib: limitMib });
  const processor = limiter.create(config, testContext({ id: 'memory_limiter/x', meter }), next);
  await processor.start!();
  return { processor, next, counts };
}

it('passes what there is room for, and counts it once next has it', async () => {
  const { processor, next, counts } = await running(100_000);
  const batch = frozenBatch();
  next.failures.push(new Error('full'));
  await expect(processor.consume(batch)).rejects.toThrow('full');
  expect(counts).toEqual({});
  await processor.consume(batch);
  expect(next.batches).toEqual([batch]);
  expect(counts).toEqual({ otelcol_processor_memory_limiter_accepted_metric_points: 3 });
  await processor.shutdown!(AbortSignal.timeout(100));
});

it('refuses what there is no room for, to be sent again', async () => {
  const { processor, next, counts } = await running(10);
  await expect(processor.consume(frozenBatch())).rejects.toThrow(RefusedError);
  expect(next.batches).toEqual([]);
  expect(counts).toEqual({ otelcol_processor_memory_limiter_refused_metric_points: 3 });
  await processor.shutdown!(AbortSignal.timeout(100));
});
