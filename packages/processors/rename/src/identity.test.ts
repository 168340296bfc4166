import type { Attributes, MetricsBatch } from '@millrace/core';
import { itemCount, metricsBatch } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { entity, io, metric, metricsOf, pss, start, usage } from '../testdata/renaming.ts';

describe('identity', () => {
  const rules = [{ metric: 'process.disk.io', to: 'io', rename_attributes: { 'disk.io.direction': 'direction' } }];

  it('equal attributes are one object, from batch to batch, even if a decoder made them anew', async () => {
    const { map } = start({ rules });
    const seen = new Set<Attributes>();
    for (let round = 0; round < 3; round++) {
      const [made] = metricsOf(await map(entity({}, structuredClone(io))));
      for (const { attributes } of made!.dataPoints) seen.add(attributes);
    }
    expect(seen.size).toBe(2);
  });

  it('resources stay the same objects', async () => {
    const { map } = start({ resource_attributes: { rename: { 'process.pid': 'pid' }, drop: ['secret'] } });
    const one = entity({ 'process.pid': 1, secret: 'x', other: true }, usage);
    const [first] = (await map(one)).resourceMetrics;
    const [second] = (await map({ ...one })).resourceMetrics;
    expect(first!.resource.attributes).toEqual({ pid: 1, other: true });
    expect(second!.resource).toBe(first!.resource);
    expect(first!.scopeMetrics).toEqual(one.scopeMetrics);
  });

  it('shares what did not change', async () => {
    const { next, processor } = start({ rules });
    const same = metricsBatch([entity({}, usage, pss)]);
    await processor.consume(same);
    expect(next.batches[0]).toBe(same);
    const mixed = metricsBatch([entity({}, usage, io), entity({ a: 1 }, usage)]);
    await processor.consume(mixed);
    const [first, second] = (next.batches[1] as MetricsBatch).resourceMetrics;
    expect(first!.scopeMetrics[0]!.metrics[0]).toBe(usage);
    expect(second).toBe(mixed.resourceMetrics[1]);
  });

  it('keeps metadata', async () => {
    const { next, processor } = start({ rules });
    await processor.consume(metricsBatch([entity({}, io)], { tenant: ['a'] }));
    expect(next.batches[0]!.metadata).toEqual({ tenant: ['a'] });
  });

  it('shares the points of a metric that only gets another name', async () => {
    const { map } = start({ rules: [{ metric: 'process.disk.io', to: 'io' }] });
    expect(metricsOf(await map(entity({}, io)))[0]!.dataPoints).toBe(io.dataPoints);
  });

  it('goes on right when there are more series than it remembers', async () => {
    const { map, dropped } = start({
      rules: [{ metric: 'm', drop_attributes: ['id'], set_attributes: { x: 1 }, to: 'n' }],
    });
    for (let round = 0; round < 3; round++) {
      const values = Array.from(
        { length: 30_000 },
        (_, index) => [{ id: index, key: `${round}/${index}` }, index] as const,
      );
      expect(itemCount(await map(entity({}, metric('m', 'gauge', '1', ...values))))).toBe(30_000);
    }
    expect(dropped).toEqual({});
  });
});
