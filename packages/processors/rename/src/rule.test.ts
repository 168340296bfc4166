import type { MetricData, ResourceMetrics } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import type { Input, Kind } from '../testdata/renaming.ts';
import { cpu, entity, io, mapOne, metric, metricsOf, pss, start, usage } from '../testdata/renaming.ts';

describe('a rule', () => {
  it.each<[string, Input, MetricData[], string[]]>([
    [
      'renames',
      { rules: [{ metric: 'process.memory.usage', to: 'rss' }] },
      [usage, pss],
      ['process.memory.pss{|} 60 By', 'rss{|} 100 By'],
    ],
    [
      'renames by a regular expression for the whole name',
      {
        rules: [
          { metric_regex: 'process\\.memory\\.(\\w+)', to: 'mem_$1' },
          { metric_regex: 'process', to: 'never' },
        ],
      },
      [usage, pss],
      ['mem_pss{|} 60 By', 'mem_usage{|} 100 By'],
    ],
    [
      'splits by attribute',
      {
        rules: [
          {
            metric: 'process.disk.io',
            where: { 'disk.io.direction': 'read' },
            to: 'read',
            drop_attributes: ['disk.io.direction'],
          },
        ],
      },
      [io],
      ['process.disk.io{|disk.io.direction="write"} 7 By', 'read{|} 5 By'],
    ],
    [
      'merges several metrics into one',
      {
        rules: [
          { metric: 'process.memory.usage', to: 'mem', set_attributes: { memtype: 'resident' } },
          { metric: 'process.memory.pss', to: 'mem', set_attributes: { memtype: 'proportionalResident' } },
        ],
      },
      [usage, pss],
      ['mem{|memtype="proportionalResident"} 60 By', 'mem{|memtype="resident"} 100 By'],
    ],
    [
      'copies, and leaves the original',
      { rules: [{ metric: 'process.memory.usage', to: 'copy', keep: true }] },
      [usage],
      ['copy{|} 100 By', 'process.memory.usage{|} 100 By'],
    ],
    [
      'copies, and leaves the original to the rules that follow',
      {
        rules: [
          { metric: 'process.memory.usage', to: 'copy', keep: true },
          { metric: 'process.memory.usage', to: 'first' },
          { metric: 'process.memory.usage', to: 'second' },
        ],
      },
      [usage],
      ['copy{|} 100 By', 'first{|} 100 By'],
    ],
    [
      'sums what became the same series',
      { rules: [{ metric: 'process.cpu.time', to: 'cpu', drop_attributes: ['cpu.mode'], aggregate: 'sum' }] },
      [cpu],
      ['cpu{|} 1.75 s'],
    ],
    [
      'sums several metrics',
      { rules: [{ metric_regex: 'process\\.memory\\..*', to: 'mem', aggregate: 'sum' }] },
      [usage, pss],
      ['mem{|} 160 By'],
    ],
    [
      'changes the unit',
      {
        rules: [
          { metric: 'process.cpu.time', to: 'cpu', unit: 'ms', scale: 1000, rename_attributes: { 'cpu.mode': 'mode' } },
        ],
      },
      [cpu],
      ['cpu{|mode="system"} 250 ms', 'cpu{|mode="user"} 1500 ms'],
    ],
    [
      'takes any value, or none',
      {
        rules: [
          { metric: 'm', where: { a: '*' }, to: 'any' },
          { metric: 'm', where: { b: '' }, to: 'none' },
          { metric: 'm', where: { b: 2 }, to: 'two' },
        ],
      },
      [metric('m', 'gauge', '1', [{ a: 'x', b: 1 }, 1], [{ c: 'y' }, 2], [{ b: 2n }, 3], [{ b: 3 }, 4])],
      ['any{|a="x",b=1} 1 1', 'm{|b=3} 4 1', 'none{|c="y"} 2 1', 'two{|b="2n"} 3 1'],
    ],
  ])('%s', async (_, input, source, want) => {
    expect(await mapOne(input, ...source)).toEqual(want);
  });

  it('renames attributes of all metrics, and those of its own points otherwise', async () => {
    const input: Input = {
      attributes: { 'cpu.mode': 'mode', 'disk.io.direction': 'direction' },
      rules: [{ metric: 'process.cpu.time', to: 'cpu', rename_attributes: { 'cpu.mode': 'cpu_mode' } }],
    };
    expect(await mapOne(input, io, cpu)).toEqual([
      'cpu{|cpu_mode="system"} 0.25 s',
      'cpu{|cpu_mode="user"} 1.5 s',
      'process.disk.io{|direction="read"} 5 By',
      'process.disk.io{|direction="write"} 7 By',
    ]);
  });

  it('may depend on the resource', async () => {
    const { map } = start({
      rules: [{ metric: 'process.memory.usage', resource_where: { rank: '*' }, to: 'top', keep: true }],
    });
    expect(render(await map(entity({ rank: 1 }, usage), entity({}, usage)))).toBe(
      'process.memory.usage{rank=1|} 100 By\nprocess.memory.usage{|} 100 By\ntop{rank=1|} 100 By\n',
    );
  });

  it('may take attributes from the resource', async () => {
    const { map } = start({
      rules: [
        { metric: 'm', set_attributes: { fixed: true }, set_from_resource: { 'topn.rank': 'rank', none: 'never' } },
      ],
      resource_attributes: { drop: ['topn.rank'] },
    });
    const m = metric('m', 'gauge', '1', [{}, 1]);
    const ranked = (pid: number, rank: number | bigint): ResourceMetrics => entity({ pid, 'topn.rank': rank }, m);
    expect(render(await map(ranked(7, 1), ranked(8, 2n), ranked(9, 1)))).toBe(
      'm{pid=7|fixed=true,rank=1} 1 1\nm{pid=8|fixed=true,rank="2n"} 1 1\nm{pid=9|fixed=true,rank=1} 1 1\n',
    );
  });

  it.each<[Kind, Kind, Partial<MetricData>]>([
    [
      'gauge',
      'counter',
      { dataPointType: pointType.sum, aggregationTemporality: temporality.cumulative, isMonotonic: true },
    ],
    ['up_down_counter', 'counter', { dataPointType: pointType.sum, isMonotonic: true }],
    ['counter', 'up_down_counter', { dataPointType: pointType.sum, isMonotonic: false }],
    ['counter', 'gauge', { dataPointType: pointType.gauge }],
  ])('makes a %s a %s', async (from, to, want) => {
    const { map } = start({ rules: [{ metric: 'm', kind: to, description: 'New.' }] });
    const [made] = metricsOf(await map(entity({}, metric('m', from, '1', [{}, 1]))));
    expect(made).toMatchObject({ ...want, descriptor: { name: 'm', description: 'New.' } });
    if (to === 'gauge') expect(made).not.toHaveProperty('isMonotonic');
  });

  it('does not take histograms where it is about numbers', async () => {
    const histogram: MetricData = {
      descriptor: { name: 'h', description: '', unit: 's', valueType: valueType.double },
      dataPointType: pointType.histogram,
      aggregationTemporality: temporality.delta,
      dataPoints: [
        {
          startTime: [10, 0],
          endTime: [20, 0],
          attributes: {},
          value: { count: 0, buckets: { boundaries: [], counts: [] } },
        },
      ],
    };
    const { map } = start({
      rules: [
        { metric: 'h', scale: 1000, unit: 'ms' },
        { metric: 'h', to: 'histogram', set_attributes: { a: 1 } },
      ],
    });
    const [made] = metricsOf(await map(entity({}, histogram)));
    expect(made).toMatchObject({
      descriptor: { name: 'histogram', unit: 's' },
      aggregationTemporality: temporality.delta,
    });
    expect(made!.dataPoints[0]).toEqual({ ...histogram.dataPoints[0], attributes: { a: 1 } });
  });
});
