import { readFileSync } from 'node:fs';
import type { Attributes, InputOf, MetricData, MetricsBatch, NumberPoint, ResourceMetrics } from '@millrace/core';
import { endSeries, itemCount, metricsBatch, pointType, resolveConfig, temporality, valueType } from '@millrace/core';
import { render, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import rename from './index.ts';

type Input = InputOf<typeof rename.config>;
type Value = number | bigint;
type Kind = 'gauge' | 'counter' | 'up_down_counter';

const points = (values: readonly (readonly [Attributes, Value])[]): NumberPoint[] =>
  values.map(([attributes, value]) => ({ startTime: [10, 0], endTime: [20, 0], attributes, value }));

function metric(name: string, kind: Kind, unit: string, ...values: (readonly [Attributes, Value])[]): MetricData {
  const type = values.every(([, value]) => Number.isInteger(Number(value))) ? valueType.int : valueType.double;
  const descriptor = { name, description: `About ${name}.`, unit, valueType: type };
  const dataPoints = points(values);
  if (kind === 'gauge') return { descriptor, dataPointType: pointType.gauge, dataPoints };
  return {
    descriptor,
    dataPointType: pointType.sum,
    aggregationTemporality: temporality.cumulative,
    isMonotonic: kind === 'counter',
    dataPoints,
  };
}

const entity = (attributes: Attributes, ...metrics: MetricData[]): ResourceMetrics => ({
  resource: { attributes },
  scopeMetrics: [{ scope: { name: 'test' }, metrics }],
});

const metricsOf = (batch: MetricsBatch): readonly MetricData[] =>
  batch.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));

function start(input: Input) {
  const next = sink();
  const dropped: Record<string, number> = {};
  const context = testContext();
  const meter = Object.create(context.meter) as typeof context.meter;
  meter.createCounter = (name, options) =>
    Object.assign(Object.create(context.meter.createCounter(name, options)) as ReturnType<typeof meter.createCounter>, {
      add(value: number, { reason }: { reason: string }) {
        dropped[reason] = (dropped[reason] ?? 0) + value;
      },
    });
  const processor = rename.create(resolveConfig(rename.config, input), { ...context, meter }, next);
  return {
    dropped,
    next,
    processor,
    lines: context.lines,
    async map(...resourceMetrics: ResourceMetrics[]): Promise<MetricsBatch> {
      await processor.consume(metricsBatch(resourceMetrics));
      return next.batches.at(-1) as MetricsBatch;
    },
  };
}

const mapOne = async (input: Input, ...metrics: MetricData[]): Promise<string[]> =>
  render(await start(input).map(entity({}, ...metrics)))
    .trim()
    .split('\n');

const io = metric(
  'process.disk.io',
  'counter',
  'By',
  [{ 'disk.io.direction': 'read' }, 5],
  [{ 'disk.io.direction': 'write' }, 7],
);
const usage = metric('process.memory.usage', 'up_down_counter', 'By', [{}, 100]);
const pss = metric('process.memory.pss', 'up_down_counter', 'By', [{}, 60]);
const cpu = metric('process.cpu.time', 'counter', 's', [{ 'cpu.mode': 'user' }, 1.5], [{ 'cpu.mode': 'system' }, 0.25]);

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

describe('values', () => {
  const big = 2n ** 60n + 1n;

  it.each<[Value, number, Value, number]>([
    [3, 1000, 3000, valueType.int],
    [big, 2, big * 2n, valueType.int],
    [2 ** 53 - 1, 1024, (2n ** 53n - 1n) * 1024n, valueType.int],
    [1500, 0.001, 1.5, valueType.double],
    [1000, 0.001, 1, valueType.double],
    [big, 0.5, 2 ** 59, valueType.double],
  ])('%d times %d is %d', async (value, scale, want, type) => {
    const { map } = start({ rules: [{ metric: 'm', unit: 'x', scale }] });
    const [made] = metricsOf(await map(entity({}, metric('m', 'gauge', '1', [{}, value]))));
    expect(made!.dataPoints[0]!.value).toBe(want);
    expect(made!.descriptor.valueType).toBe(type);
  });

  it.each<[Value, Value, Value]>([
    [2 ** 53 - 1, 2 ** 53 - 1, 2n * (2n ** 53n - 1n)],
    [big, 1, big + 1n],
    [big, -(2n ** 60n), 1],
    [0.5, 0.25, 0.75],
  ])('%d and %d make %d', async (a, b, want) => {
    const { map } = start({ rules: [{ metric: 'm', drop_attributes: ['k'], aggregate: 'sum' }] });
    const [made] = metricsOf(await map(entity({}, metric('m', 'gauge', '1', [{ k: 1 }, a], [{ k: 2 }, b]))));
    expect(made!.dataPoints.map(({ value }) => value)).toEqual([want]);
  });

  it.each([
    [8_388_607, 1 / 1024, 8191],
    [2047.99, undefined, 2047],
    [-0.5, undefined, -1],
    [0.502109, 1000, 502],
    [2n ** 60n + 1n, undefined, 2n ** 60n + 1n],
    [2 ** 60, 4, 2n ** 62n],
  ])('%d times %d is rounded down to %d, an integer', async (value, scale, want) => {
    const { map } = start({ rules: [{ metric: 'm', unit: 'x', round: 'down', ...(scale && { scale }) }] });
    const [mapped] = metricsOf(await map(entity({}, metric('m', 'gauge', 'y', [{}, value]))));
    expect([mapped!.descriptor.valueType, mapped!.dataPoints[0]!.value]).toEqual([valueType.int, want]);
  });

  it('drops and counts what no integer can say', async () => {
    const { map, dropped } = start({ rules: [{ metric: 'm', round: 'down' }] });
    const source = metric('m', 'gauge', 'y', [{ k: 1 }, Infinity], [{ k: 2 }, 1.5]);
    expect(metricsOf(await map(entity({}, source)))[0]!.dataPoints.map(({ value }) => value)).toEqual([1]);
    expect(dropped).toEqual({ rename_conflict: 1 });
  });

  it('a sum spans the time of what it sums, and exemplars are scaled too', async () => {
    const [template] = points([[{ k: 1 }, 1]]);
    const exemplar = { time: [15, 0] as const, value: 2, traceId: 'ab'.repeat(16) };
    const source = {
      ...metric('m', 'counter', 's'),
      dataPoints: [
        { ...template!, exemplars: [exemplar] },
        { ...template!, attributes: { k: 2 }, startTime: [5, 0] as const, endTime: [21, 0] as const },
      ],
    } as MetricData;
    const { map } = start({
      rules: [{ metric: 'm', drop_attributes: ['k'], aggregate: 'sum', unit: 'ms', scale: 1000 }],
    });
    const [made] = metricsOf(await map(entity({}, source)));
    expect(made!.dataPoints).toEqual([
      { startTime: [5, 0], endTime: [21, 0], attributes: {}, value: 2000, exemplars: [{ ...exemplar, value: 2000 }] },
    ]);
  });

  it('a metric is one of doubles as soon as one of its sources is', async () => {
    const { map } = start({ rules: [{ metric_regex: '(a|b)', to: 'm', set_attributes: {} }] });
    const set: Input = { rules: ['a', 'b'].map((name) => ({ metric: name, to: 'm', set_attributes: { name } })) };
    const [made] = metricsOf(
      await start(set).map(entity({}, metric('a', 'gauge', '1', [{}, 1]), metric('b', 'gauge', '1', [{}, 0.5]))),
    );
    expect(made!.descriptor.valueType).toBe(valueType.double);
    expect(metricsOf(await map(entity({}, metric('a', 'gauge', '1', [{}, 1]))))[0]!.descriptor.valueType).toBe(
      valueType.int,
    );
  });
});

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

describe('the config', () => {
  const check = (input: Input) => rename.check?.(resolveConfig(rename.config, input));

  it.each<[NonNullable<Input['rules']>[number], (string | number)[], RegExp]>([
    [{ to: 'x' }, ['rules', 0], /either metric or metric_regex/],
    [{ metric: 'a', metric_regex: 'b' }, ['rules', 0], /either metric or metric_regex/],
    [{ metric: 'a', scale: 0, unit: 'ms' }, ['rules', 0, 'scale'], /other than 0/],
    [{ metric: 'a', scale: 1000 }, ['rules', 0, 'scale'], /new unit/],
    [{ metric_regex: 'a(b)', to: '$2' }, ['rules', 0, 'to'], /the group \$2, and metric_regex has 1/],
  ])('%j', (rule, path, message) => {
    expect(check({ rules: [rule] })).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      processors: { rename: Input };
    };
    expect(check(example.processors.rename)).toEqual([]);
  });
});

describe('the names of other systems', () => {
  const counts = (name: string, attribute: string, unit: string, ...values: string[]): MetricData =>
    metric(name, 'counter', unit, ...values.map((value, index) => [{ [attribute]: value }, index + 1] as const));

  const group = (prefix: string): MetricData[] => [
    metric(`${prefix}.size`, 'up_down_counter', '{process}', [{}, 3]),
    counts(`${prefix}.cpu.time`, 'cpu.mode', 's', 'user', 'system'),
    counts(`${prefix}.disk.io`, 'disk.io.direction', 'By', 'read', 'write'),
    counts(`${prefix}.paging.faults`, 'system.paging.fault.type', '{fault}', 'major', 'minor'),
    counts(`${prefix}.context_switches`, 'process.context_switch.type', '{context_switch}', 'voluntary', 'involuntary'),
    ...['usage', 'virtual', 'swap', 'pss', 'uss'].map((name, index) =>
      metric(`${prefix}.memory.${name}`, 'up_down_counter', 'By', [{}, 1000 + index]),
    ),
    metric(`${prefix}.unix.file_descriptor.count`, 'up_down_counter', '{file_descriptor}', [{}, 12]),
    metric(`${prefix}.unix.file_descriptor.utilization`, 'gauge', '1', [{}, 0.25]),
    metric(`${prefix}.oldest_start_time`, 'gauge', 's', [{}, 1_700_000_000]),
    metric(`${prefix}.thread.count`, 'up_down_counter', '{thread}', [{}, 9]),
    metric(
      `${prefix}.state`,
      'gauge',
      '{process}',
      ...['running', 'sleeping', 'disk_sleep', 'zombie', 'stopped', 'idle'].map(
        (state, index) => [{ 'process.state': state }, index + 1] as const,
      ),
    ),
  ];

  const processMetrics: MetricData[] = [
    ...['usage', 'pss', 'uss'].map((name, index) =>
      metric(`process.memory.${name}`, 'up_down_counter', 'By', [{}, 100 + index]),
    ),
    counts('process.cpu.time', 'cpu.mode', 's', 'user', 'system'),
    counts('process.disk.io', 'disk.io.direction', 'By', 'read', 'write'),
    ...['memory.usage', 'memory.pss', 'memory.uss', 'cpu.time'].map((name, index) =>
      metric(`process.${name}.percent_of_group`, 'gauge', '%', [{}, 40 + index]),
    ),
    metric('process.cpu.utilization', 'gauge', '1', [{ 'cpu.mode': 'user' }, 0.5], [{ 'cpu.mode': 'system' }, 0.25]),
  ];

  const ofGroup = entity({ 'process.group': 'web', 'process.subgroup': 'nginx' }, ...group('process.group'));
  const ofProcess = (pid: number, more: Attributes): ResourceMetrics =>
    entity(
      {
        'process.pid': pid,
        'process.executable.name': 'nginx',
        'process.creation.time': `2026-01-0${pid}`,
        'process.group': 'web',
        'process.subgroup': 'nginx',
        ...more,
      },
      ...processMetrics,
    );

  it.each([
    ['process-exporter.yaml', 'rename/process-exporter', 'process-exporter.txt'],
    ['herakles.yaml', 'rename/herakles-a', 'herakles-a.txt'],
    ['herakles.yaml', 'rename/herakles-m', 'herakles-m.txt'],
  ])('%s, %s', async (file, id, golden) => {
    const yaml = parse(readFileSync(new URL(`../../../../pipelines/${file}`, import.meta.url), 'utf8')) as {
      processors: Record<string, Input>;
    };
    const input = yaml.processors[id]!;
    expect(rename.check?.(resolveConfig(rename.config, input))).toEqual([]);
    const { map, dropped } = start(input);
    const batch = await map(ofGroup, ofProcess(1, { 'topn.rank': '1' }), ofProcess(2, {}));
    await expect(render(batch)).toMatchFileSnapshot(`../testdata/${golden}`);
    expect(dropped).not.toHaveProperty('rename_conflict');
    for (const { scopeMetrics } of batch.resourceMetrics) {
      const names = scopeMetrics.flatMap(({ metrics }) => metrics.map(({ descriptor }) => descriptor.name));
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
