import type { MetricData } from '@millrace/core';
import { itemCount, metricsBatch } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import type { Input } from '../testdata/renaming.ts';
import { entity, io, metric, metricsOf, pss, start, usage } from '../testdata/renaming.ts';

describe('what has no place', () => {
  it.each<[string, Input, MetricData[], string[]]>([
    [
      'another unit',
      { rules: [{ metric: 'process.memory.pss', to: 'process.memory.usage', unit: 'kB', set_attributes: { a: 1 } }] },
      [usage, pss],
      ['process.memory.usage{|} 100 By'],
    ],
    [
      'another kind',
      { rules: [{ metric: 'process.memory.pss', to: 'process.memory.usage', kind: 'gauge' }] },
      [usage, pss],
      ['process.memory.usage{|} 100 By'],
    ],
    [
      'the same attributes',
      { rules: [{ metric_regex: 'process\\.memory\\..*', to: 'm' }] },
      [usage, pss],
      ['m{|} 100 By'],
    ],
    [
      'the same attributes once some are dropped',
      { rules: [{ metric: 'process.disk.io', drop_attributes: ['disk.io.direction'] }] },
      [io],
      ['process.disk.io{|} 5 By'],
    ],
  ])('%s: the first stays, the others are counted, and told once', async (_, input, source, want) => {
    const { map, dropped, lines } = start(input);
    for (let round = 1; round <= 2; round++) {
      expect(
        render(await map(entity({}, ...source)))
          .trim()
          .split('\n'),
      ).toEqual(want);
      expect(dropped).toEqual({ rename_conflict: round });
    }
    expect(lines.map(({ level }) => level)).toEqual(['warn']);
  });

  it('what no rule takes is dropped where that is wanted, but a copied original is not', async () => {
    const { map, dropped, next, processor } = start({
      drop_unmatched: true,
      rules: [
        { metric: 'process.memory.usage', to: 'copy', keep: true },
        { metric: 'process.disk.io', where: { 'disk.io.direction': 'read' }, to: 'read' },
      ],
    });
    expect(render(await map(entity({}, usage, pss, io)))).toBe(
      'copy{|} 100 By\nprocess.memory.usage{|} 100 By\nread{|disk.io.direction="read"} 5 By\n',
    );
    expect(dropped).toEqual({ not_renamed: 2 });
    await processor.consume(metricsBatch([entity({}, pss)]));
    expect(next.batches).toHaveLength(1);
    expect(dropped).toEqual({ not_renamed: 3 });
  });

  it('is counted once, however often next refuses the rest', async () => {
    const { map, dropped, next } = start({
      drop_unmatched: true,
      rules: [{ metric: 'process.memory.usage', to: 'm' }],
    });
    next.failures.push(new Error('later'));
    await expect(map(entity({}, usage, pss))).rejects.toThrow('later');
    await map(entity({}, usage, pss));
    expect(dropped).toEqual({ not_renamed: 1 });
  });

  it('is found among many points', async () => {
    const values = Array.from({ length: 100 }, (_, index) => [{ id: index, twice: index % 50 }, index] as const);
    const input = (aggregate?: 'sum'): Input => ({
      rules: [{ metric: 'm', drop_attributes: ['id'], ...(aggregate ? { aggregate } : {}) }],
    });
    const { map, dropped } = start(input());
    expect(itemCount(await map(entity({}, metric('m', 'gauge', '1', ...values))))).toBe(50);
    expect(dropped).toEqual({ rename_conflict: 50 });
    const [made] = metricsOf(await start(input('sum')).map(entity({}, metric('m', 'gauge', '1', ...values))));
    expect(made!.dataPoints.map(({ value }) => value)).toEqual(
      Array.from({ length: 50 }, (_, index) => 50 + 2 * index),
    );
  });
});
