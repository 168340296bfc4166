import type { DataPoint, HrTime, MetricsBatch } from '@millrace/core';
import { hrTime, metricsBatch, pointType, resolveConfig, temporality, valueType } from '@millrace/core';
import { manualClock, seeded, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import cumulativeToDelta from './index.ts';

const began = Date.UTC(2026, 0, 1);
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

interface Counter {
  value: bigint;
  startedAt: number;
  total: bigint;
}

const counterBatch = (counters: readonly Counter[], second: number): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: {} },
      scopeMetrics: [
        {
          scope: { name: 'test' },
          metrics: [
            {
              descriptor: { name: 'm', description: '', unit: '', valueType: valueType.int },
              dataPointType: pointType.sum,
              aggregationTemporality: temporality.cumulative,
              isMonotonic: true,
              dataPoints: counters.map(({ value, startedAt }, id) => ({
                startTime: hrTime(began + startedAt * 1000),
                endTime: hrTime(began + second * 1000),
                attributes: { id },
                value,
              })),
            },
          ],
        },
      ],
    },
  ]);

describe.each(seeds)('counters of seed %d, some of which restart, in batches of which some are refused', (seed) => {
  it('lose and gain nothing', async () => {
    const below = seeded(seed).below;
    const next = sink();
    const config = resolveConfig(cumulativeToDelta.config, {});
    const processor = cumulativeToDelta.create(config, testContext({ clock: manualClock(began) }), next);
    const counters = Array.from({ length: 5 }, (): Counter => ({ value: 0n, startedAt: 0, total: 0n }));
    for (let second = 1; second <= 100; second++) {
      for (const counter of counters) {
        // A restart says when it was: after the last point.
        if (below(10) === 0) Object.assign(counter, { value: 0n, startedAt: second - 0.5 });
        const more = BigInt(below(1000)) * 2n ** BigInt(below(50));
        counter.value += more;
        counter.total += more;
      }
      const batch = counterBatch(counters, second);
      while (below(3) === 0) {
        next.failures.push(new Error('later'));
        await expect(processor.consume(batch)).rejects.toThrow('later');
      }
      await processor.consume(batch);
    }
    const totals = counters.map(() => 0n);
    const ends = counters.map((): HrTime => [0, 0]);
    for (const { resourceMetrics } of next.batches as MetricsBatch[])
      for (const point of resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.dataPoints as DataPoint<bigint>[]) {
        const id = point.attributes['id'] as number;
        totals[id]! += BigInt(point.value!);
        expect(point.value).toBeGreaterThanOrEqual(0);
        const [end, start] = [ends[id]!, point.startTime].map(([seconds, nanos]) => seconds + nanos / 1e9);
        expect(start).toBeGreaterThanOrEqual(end!);
        ends[id] = point.endTime;
      }
    expect(totals).toEqual(counters.map(({ total }) => total));
  });
});
