import type { MetricData, ResourceMetrics } from '@millrace/core';
import { endSeries, metricsBatch } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { entity, pss, start, usage } from '../testdata/renaming.ts';

describe('resources that become one', () => {
  const ranked = (rank: number, ...metrics: MetricData[]): ResourceMetrics => entity({ pid: 1, rank }, ...metrics);

  it('have their points put together', async () => {
    const { map } = start({ resource_attributes: { drop: ['rank'] } });
    const { resourceMetrics } = await map(ranked(1, usage), entity({ pid: 2 }, usage), ranked(2, pss));
    expect(render(metricsBatch(resourceMetrics))).toBe(
      'process.memory.pss{pid=1|} 60 By\nprocess.memory.usage{pid=1|} 100 By\nprocess.memory.usage{pid=2|} 100 By\n',
    );
    expect(resourceMetrics).toHaveLength(2);
  });

  it('go on where one ends and another takes its place', async () => {
    const { map, dropped } = start({ resource_attributes: { drop: ['rank'] } });
    const old = endSeries(ranked(1, usage), [30, 0]);
    for (const batch of [
      [old, ranked(2, usage)],
      [ranked(2, usage), old],
    ])
      expect(render(await map(...batch))).toBe('process.memory.usage{pid=1|} 100 By\n');
    expect(dropped).toEqual({});
    expect(render(await map(old))).toBe('process.memory.usage{pid=1|} ended By\n');
  });

  it('are summed up where that is wanted, and conflict where not', async () => {
    const drop = { resource_attributes: { drop: ['pid'] } };
    const sources = [1, 2, 3].map((pid) => entity({ pid }, usage));
    const { map, dropped } = start(drop);
    expect(render(await map(...sources))).toBe('process.memory.usage{|} 100 By\n');
    expect(dropped).toEqual({ rename_conflict: 2 });
    const summing = start({ ...drop, rules: [{ metric: 'process.memory.usage', aggregate: 'sum' }] });
    expect(render(await summing.map(...sources))).toBe('process.memory.usage{|} 300 By\n');
  });
});
