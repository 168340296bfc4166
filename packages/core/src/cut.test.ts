import type { MetricData, MetricsBatch, ResourceMetrics } from './batch.ts';
import { itemCount, logsBatch, mergeBatches, metricsBatch, pointType, temporality, valueType } from './batch.ts';
import { render } from './testing/render.ts';
import { describe, expect, it } from 'vitest';
import { cutBatch } from './cut.ts';

/** Resources → scopes → metrics, each given by its number of points. */
const shaped = (...resources: number[][][]): MetricsBatch =>
  metricsBatch(
    resources.map((scopes, r) => ({
      resource: { attributes: { r } },
      scopeMetrics: scopes.map((metrics, s) => ({
        scope: { name: `scope${s}` },
        metrics: metrics.map((points, m) => counter(`${r}.${s}.${m}`, points)),
      })),
    })),
  );

const counter = (name: string, points: number): MetricData => ({
  descriptor: { name, description: 'd', unit: 'By', valueType: valueType.int },
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.delta,
  isMonotonic: true,
  dataPoints: Array.from({ length: points }, (_, value) => ({
    startTime: [0, 0],
    endTime: [1, 0],
    attributes: { value },
    value,
  })),
});

const shapes: MetricsBatch[] = [
  shaped([[10]]),
  shaped([[1, 2, 3], [4]], [[5, 0, 6]], [[], [7]]),
  shaped([[0]], [[3, 3, 3]], [[1], [1], [1]], [[9, 1]]),
  shaped(...Array.from({ length: 7 }, (_, index) => [[index, 1], [2]])),
];

describe.each(shapes)('shape %#', (batch) => {
  it.each([1, 2, 3, 4, 5, 7, 9, 100])('in pieces of %i', (max) => {
    const pieces = cutBatch(batch, max);
    const items = itemCount(batch);
    expect(pieces.map(itemCount)).toEqual(
      Array.from({ length: Math.ceil(items / max) }, (_, index) => Math.min(max, items - index * max)),
    );
    expect(render(mergeBatches(pieces))).toBe(render(batch));
    for (const piece of pieces)
      for (const { scopeMetrics } of (piece as MetricsBatch).resourceMetrics)
        for (const { metrics } of scopeMetrics)
          for (const metric of metrics)
            expect(metric).toMatchObject({
              dataPointType: pointType.sum,
              aggregationTemporality: temporality.delta,
              isMonotonic: true,
              descriptor: { unit: 'By', description: 'd' },
            });
  });
});

it('shares what fits whole, and what is not cut at all', () => {
  const batch = shaped([[2]], [[2, 2]], [[2]]);
  const [first, second] = cutBatch(batch, 4) as MetricsBatch[];
  const resources = batch.resourceMetrics as readonly ResourceMetrics[];
  expect(first!.resourceMetrics[0]).toBe(resources[0]);
  expect(first!.resourceMetrics[1]!.scopeMetrics[0]!.metrics[0]).toBe(resources[1]!.scopeMetrics[0]!.metrics[0]);
  expect(first!.resourceMetrics[1]!.resource).toBe(resources[1]!.resource);
  expect(second!.resourceMetrics[1]).toBe(resources[2]);
  expect(cutBatch(batch, 0)).toEqual([batch]);
  expect(cutBatch(batch, 8)[0]).toBe(batch);
});

it('cuts log records', () => {
  const batch = logsBatch([
    {
      resource: { attributes: {} },
      scopeLogs: [
        {
          scope: { name: 's' },
          logRecords: ['a', 'b', 'c'].map((body) => ({ observedTime: [1, 0], body, attributes: {} })),
        },
      ],
    },
  ]);
  const pieces = cutBatch(batch, 2);
  expect(pieces.map(itemCount)).toEqual([2, 1]);
  expect(render(mergeBatches(pieces))).toBe(render(batch));
});
