import type { MetricData, NumberPoint, ResourceMetrics } from '@millrace/core';
import { endSeries } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { cpu, entity, io, start } from '../testdata/renaming.ts';

describe('series that end', () => {
  const ended = (...metrics: MetricData[]): ResourceMetrics => endSeries(entity({}, ...metrics), [30, 0]);

  it('end under their new name', async () => {
    const { map } = start({
      rules: [
        {
          metric: 'process.disk.io',
          unit: 'kB',
          scale: 0.001,
          to: 'io',
          rename_attributes: { 'disk.io.direction': 'direction' },
        },
      ],
    });
    expect(render(await map(ended(io)))).toBe('io{|direction="read"} ended kB\nio{|direction="write"} ended kB\n');
  });

  it('a sum ends when all its parts have', async () => {
    const { map, dropped } = start({
      rules: [{ metric: 'process.cpu.time', drop_attributes: ['cpu.mode'], aggregate: 'sum', to: 'cpu' }],
    });
    const [user, system] = cpu.dataPoints as NumberPoint[];
    const [, endedSystem] = ended(cpu).scopeMetrics[0]!.metrics[0]!.dataPoints as NumberPoint[];
    const having = (...list: NumberPoint[]) => entity({}, { ...cpu, dataPoints: list } as MetricData);
    expect(render(await map(having(user!, endedSystem!)))).toBe('cpu{|} 1.5 s\n');
    expect(render(await map(having(endedSystem!, user!)))).toBe('cpu{|} 1.5 s\n');
    expect(render(await map(having(user!, system!)))).toBe('cpu{|} 1.75 s\n');
    expect(render(await map(ended(cpu)))).toBe('cpu{|} ended s\n');
    expect(dropped).toEqual({});
  });
});
