import type { MetricsBatch, Resource } from '@millrace/core';
import { hrTime, isEnded, logsBatch, metricsBatch, tracesBatch } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { entity, gone, processOf, start, started } from '../testdata/grouping.ts';

test('adds group and subgroup to processes, and sums them up', async () => {
  const { take } = await started();
  const other = {
    resource: { attributes: { 'container.id': 'c' } },
    scopeMetrics: entity(processOf(9, 'x'), 10, { rss: 1 }).scopeMetrics,
  };
  const text = await take(
    entity(processOf(1, 'postgres', { startedAt: 5 }), 10, { rss: 100, cpu: 1.5, fds: 0.25 }),
    entity(processOf(2, 'postgres', { startedAt: 3 }), 10, { rss: 50, cpu: 2, fds: 0.5 }),
    entity(processOf(3, 'nginx'), 10, { rss: 7 }),
    other,
    entity(processOf(4, 'mystery'), 10, { fds: 0.5 }),
  );
  await expect(text).toMatchFileSnapshot('../testdata/sums.txt');
});

test('a batch without processes is passed on as it is', async () => {
  const { consume, next } = await started();
  const batch = metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [] }]);
  await consume(batch);
  expect(next.batches[0]).toBe(batch);
});

test('logs of processes get the attributes', async () => {
  const { consume, next } = await started({ exclude_groups: ['web'] });
  const record = { observedTime: hrTime(start), attributes: {}, body: 'hello' };
  const of = (resource: Resource) => ({ resource, scopeLogs: [{ scope: { name: '' }, logRecords: [record] }] });
  await consume(logsBatch([of(processOf(1, 'postgres')), of(processOf(2, 'nginx')), of({ attributes: {} })]));
  expect(render(next.batches[0]!).match(/process.subgroup="\w+"/g)).toEqual(['process.subgroup="postgres"']);
  expect(next.items).toBe(2);
});

test('metadata stays, and other signals pass', async () => {
  const { consume, next } = await started();
  const metadata = { tenant: ['a'] };
  const traces = tracesBatch([]);
  const record = { observedTime: hrTime(start), attributes: {} };
  const logs = { resource: processOf(1, 'nginx'), scopeLogs: [{ scope: { name: '' }, logRecords: [record] }] };
  await consume(metricsBatch([entity(processOf(1, 'nginx'), 10, { rss: 1 })], metadata));
  await consume(logsBatch([logs], metadata));
  await consume(traces);
  expect(next.batches.map((batch) => batch.metadata)).toEqual([metadata, metadata, undefined]);
  expect(next.batches[2]).toBe(traces);
});

test('the sums keep their resource and descriptor objects from batch to batch', async () => {
  const { take, next } = await started();
  const a = processOf(1, 'nginx');
  await take(entity(a, 10, { rss: 1 }));
  await take(entity(a, 20, { rss: 1 }));
  const [first, second] = next.batches.map((batch) => (batch as MetricsBatch).resourceMetrics);
  for (const index of [0, 1]) expect(second![index]!.resource).toBe(first![index]!.resource);
  expect(second![1]!.scopeMetrics[0]!.metrics[2]!.descriptor).toBe(first![1]!.scopeMetrics[0]!.metrics[2]!.descriptor);
});

test('ended processes are passed on as they were mapped', async () => {
  const { take, next } = await started();
  const a = processOf(1, 'nginx');
  await take(entity(a, 10, { rss: 1 }));
  await take(gone(a, 20, { rss: 1 }));
  const [there, ended] = next.batches.map((batch) => (batch as MetricsBatch).resourceMetrics[0]!);
  expect(ended!.resource).toBe(there!.resource);
  expect(ended!.scopeMetrics[0]!.metrics[0]!.dataPoints.every(isEnded)).toBe(true);
});
