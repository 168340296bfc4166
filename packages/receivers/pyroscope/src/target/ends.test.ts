import { type Batch, endSeries, hrTime, metricsBatch, pointType, valueType } from '@millrace/core';
import { expect, it } from 'vitest';
import { endsHandOver } from './ends.ts';

const point = { attributes: {}, startTime: hrTime(0), endTime: hrTime(0), value: 1 };
const descriptor = { name: 'm', description: '', unit: '', valueType: valueType.int };
const metrics = [{ descriptor, dataPointType: pointType.gauge, dataPoints: [point] }];
const end = metricsBatch([
  endSeries({ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 's' }, metrics }] }, hrTime(1)),
]);

it('what waits for a pipeline that takes nothing has a bound, and what is given up is counted', async () => {
  const stop = new AbortController();
  let waiting = 0;
  let dropped = 0;
  const handOver = {
    once: async (): Promise<void> => {},
    keepTrying: (_batches: Iterable<Batch>, signal: AbortSignal): Promise<void> =>
      new Promise((_resolve, reject) => {
        waiting++;
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  };
  const handOn = endsHandOver({ handOver, dropped: (items) => void (dropped += items), stopping: stop.signal });
  const all = Array.from({ length: 1_500 }, () => handOn([end]));
  expect([waiting, dropped]).toEqual([1_000, 500]);
  stop.abort(new Error('shut down'));
  await Promise.all(all);
  expect(dropped).toBe(1_500);
});
