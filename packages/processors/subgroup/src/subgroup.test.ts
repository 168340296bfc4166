import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Attributes,
  Batch,
  DataPoint,
  InputOf,
  MetricData,
  MetricsBatch,
  NumberPoint,
  Resource,
  ResourceMetrics,
} from '@millrace/core';
import {
  endSeries,
  hrTime,
  isEnded,
  logsBatch,
  metricsBatch,
  PermanentError,
  pointType,
  resolveConfig,
  tracesBatch,
  temporality,
  valueType,
} from '@millrace/core';
import { manualClock, render, sink, testContext } from '@millrace/core/testing';
import { afterEach, expect, test } from 'vitest';
import subgroup from './index.ts';

const noAttributes = {};
const user = { 'cpu.mode': 'user' };
const second = 1000;
const start = Date.UTC(2026, 0, 1);

interface Values {
  readonly rss?: number | bigint;
  readonly cpu?: number;
  readonly fds?: number;
}

const sum = (name: string, unit: string, type: 'int' | 'double') => ({
  descriptor: { name, unit, description: '', valueType: valueType[type] },
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.cumulative,
});
const rss = { ...sum('process.memory.usage', 'By', 'int'), isMonotonic: false };
const cpu = { ...sum('process.cpu.time', 's', 'double'), isMonotonic: true };
const fds = {
  descriptor: {
    name: 'process.unix.file_descriptor.utilization',
    unit: '1',
    description: '',
    valueType: valueType.double,
  },
  dataPointType: pointType.gauge,
};
const uptime = { ...fds, descriptor: { ...fds.descriptor, name: 'process.uptime', unit: 's' } };

/** A process that started at the given second. */
const processOf = (
  pid: number,
  name: string,
  { startedAt = 0, ...more }: Attributes & { startedAt?: number } = {},
): Resource => ({
  attributes: {
    'process.pid': pid,
    'process.executable.name': name,
    'process.creation.time': new Date(start + startedAt * second).toISOString(),
    ...more,
  },
});

function entity(resource: Resource, at: number, values: Values): ResourceMetrics {
  const point = (value: number | bigint, attributes: Attributes): NumberPoint => ({
    startTime: hrTime(Date.parse(String(resource.attributes['process.creation.time']))),
    endTime: hrTime(start + at * second),
    attributes,
    value,
  });
  const metrics: MetricData[] = [];
  if (values.rss !== undefined) metrics.push({ ...rss, dataPoints: [point(values.rss, noAttributes)] });
  if (values.cpu !== undefined) metrics.push({ ...cpu, dataPoints: [point(values.cpu, user)] });
  if (values.fds !== undefined) metrics.push({ ...fds, dataPoints: [point(values.fds, noAttributes)] });
  metrics.push({ ...uptime, dataPoints: [point(at, noAttributes)] });
  return { resource, scopeMetrics: [{ scope: { name: 'test' }, metrics }] };
}

const gone = (resource: Resource, at: number, values: Values): ResourceMetrics =>
  endSeries(entity(resource, at, values), hrTime(start + at * second));

async function started(input: InputOf<typeof subgroup.config> = {}) {
  const next = sink();
  const clock = manualClock();
  const dropped: [number, unknown][] = [];
  const counter = {
    add: (items: number, attributes?: Attributes) => void dropped.push([items, attributes?.['reason']]),
  };
  const context = testContext({ clock });
  const meter = Object.assign(Object.create(context.meter) as typeof context.meter, { createCounter: () => counter });
  const processor = subgroup.create(resolveConfig(subgroup.config, input), { ...context, meter }, next);
  await processor.start?.();
  return {
    clock,
    dropped,
    lines: context.lines,
    next,
    /** What comes out of a batch of these. */
    async take(...all: ResourceMetrics[]): Promise<string> {
      const before = next.batches.length;
      await processor.consume(metricsBatch(all));
      expect(next.batches.length).toBeLessThanOrEqual(before + 1);
      return next.batches[before] ? render(next.batches[before]) : '';
    },
    consume: (batch: Batch) => processor.consume(batch),
  };
}

/** The lines of one metric of sums, without what they have in common. */
const valuesOf = (text: string, metric: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`process.group.${metric}{`))
    .map((line) => line.replace(/^.*?process\.subgroup="(.*?)".*\|(.*)\} (.*) \S+$/, '$1 $2 $3').replace('  ', ' '))
    .sort();

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});
function rulesFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'subgroup-'));
  directories.push(directory);
  const file = join(directory, 'rules.yaml');
  writeFileSync(file, text);
  return file;
}

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

test('counters of a subgroup do not go down when a process exits, and its pid is used again', async () => {
  const { take } = await started();
  const [a, b] = [processOf(1, 'nginx'), processOf(2, 'nginx')];
  expect(
    valuesOf(await take(entity(a, 10, { cpu: 10, rss: 1 }), entity(b, 10, { cpu: 5, rss: 2 })), 'cpu.time'),
  ).toEqual(['nginx cpu.mode="user" 15']);
  const after = await take(entity(b, 20, { cpu: 6, rss: 2 }), gone(a, 20, { cpu: 1, rss: 1 }));
  expect(valuesOf(after, 'cpu.time')).toEqual(['nginx cpu.mode="user" 16']);
  expect(valuesOf(after, 'memory.usage')).toEqual(['nginx 2']);
  expect(valuesOf(after, 'size')).toEqual(['nginx 1']);
  const reused = processOf(1, 'nginx', { startedAt: 25 });
  const third = await take(entity(b, 30, { cpu: 7 }), entity(reused, 30, { cpu: 3 }));
  expect(valuesOf(third, 'cpu.time')).toEqual(['nginx cpu.mode="user" 20']);
});

test('the start of a counter is that of its oldest first member', async () => {
  const { take, next } = await started();
  await take(
    entity(processOf(1, 'nginx', { startedAt: 5 }), 10, { cpu: 1 }),
    entity(processOf(2, 'nginx', { startedAt: 3 }), 10, { cpu: 1 }),
  );
  await take(entity(processOf(3, 'nginx', { startedAt: 1 }), 20, { cpu: 1 }));
  const points = next.batches.flatMap((batch) =>
    (batch as MetricsBatch).resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics
          .filter(({ descriptor }) => descriptor.name === 'process.group.cpu.time')
          .flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints),
      ),
    ),
  );
  expect(points.map(({ startTime, endTime }) => [startTime[0], endTime[0]])).toEqual([
    [start / 1000 + 3, start / 1000 + 10],
    [start / 1000 + 3, start / 1000 + 20],
  ]);
});

test('a counter that begins anew is added, and a batch that comes again or late changes nothing', async () => {
  const { take } = await started();
  const a = processOf(1, 'nginx');
  const cpuOf = async (at: number, value: number) =>
    valuesOf(await take(entity(a, at, { cpu: value })), 'cpu.time')[0]
      ?.split(' ')
      .at(-1);
  expect(await cpuOf(10, 10)).toBe('10');
  expect(await cpuOf(10, 10)).toBe('10');
  expect(await cpuOf(20, 4)).toBe('14');
  await take(entity(a, 15, { cpu: 12 }));
  expect(await cpuOf(30, 5)).toBe('15');
});

test('a counter never goes down by rounding', async () => {
  const { take } = await started();
  const members = Array.from({ length: 10 }, (_, pid) => processOf(pid + 1, 'nginx'));
  let last = 0;
  for (let round = 0; round < 10; round++) {
    const batch = members.map((resource, index) =>
      index < round
        ? undefined
        : index === round
          ? gone(resource, round, { cpu: 1 })
          : entity(resource, round, { cpu: 0.1 * (index + 1) }),
    );
    const text = valuesOf(await take(...batch.filter((each) => each !== undefined)), 'cpu.time')[0];
    if (!text || text.endsWith('ended')) continue;
    const value = Number(text.split(' ').at(-1));
    expect(value).toBeGreaterThanOrEqual(last);
    last = value;
  }
  expect(last).toBeGreaterThan(5);
});

test('what cannot be read any more ends, and a counter goes on where it was when it can be read again', async () => {
  const { take } = await started();
  const a = processOf(1, 'nginx');
  await take(entity(a, 10, { cpu: 10, rss: 5 }));
  const blind = {
    ...entity(a, 20, {}),
    scopeMetrics: [
      ...entity(a, 20, {}).scopeMetrics,
      ...gone(a, 20, { cpu: 1, rss: 1 }).scopeMetrics.map(({ scope, metrics }) => ({
        scope,
        metrics: metrics.slice(0, 2),
      })),
    ],
  };
  const text = await take(blind);
  expect(valuesOf(text, 'cpu.time')).toEqual(['nginx cpu.mode="user" ended']);
  expect(valuesOf(text, 'memory.usage')).toEqual(['nginx ended']);
  expect(valuesOf(text, 'size')).toEqual(['nginx 1']);
  const again = await take(entity(a, 30, { cpu: 12, rss: 6 }));
  expect(valuesOf(again, 'cpu.time')).toEqual(['nginx cpu.mode="user" 12']);
  expect(valuesOf(again, 'memory.usage')).toEqual(['nginx 6']);
});

test('an entity that ended and comes back is not counted twice', async () => {
  const { take } = await started();
  const [a, b] = [processOf(1, 'nginx'), processOf(2, 'nginx')];
  await take(entity(a, 10, { cpu: 10 }), entity(b, 10, { cpu: 1 }));
  await take(gone(a, 20, { cpu: 10 }), entity(b, 20, { cpu: 1 }));
  expect(valuesOf(await take(entity(a, 30, { cpu: 11 }), entity(b, 30, { cpu: 1 })), 'cpu.time')).toEqual([
    'nginx cpu.mode="user" 12',
  ]);
});

test('the series of an empty subgroup end, and it begins anew', async () => {
  const { take } = await started();
  const a = processOf(1, 'nginx');
  await take(entity(a, 10, { cpu: 10, rss: 5 }));
  const ended = await take(gone(a, 20, { cpu: 10, rss: 5 }));
  expect(
    ended
      .split('\n')
      .filter((line) => line.startsWith('process.group.'))
      .map((line) => line.replace(/\{.*?\}/, '')),
  ).toEqual([
    'process.group.cpu.time ended s',
    'process.group.memory.usage ended By',
    'process.group.oldest_start_time ended s',
    'process.group.size ended {process}',
  ]);
  expect(ended).toContain('process.cpu.time');
  const back = await take(entity(processOf(2, 'nginx', { startedAt: 25 }), 30, { cpu: 2 }));
  expect(valuesOf(back, 'cpu.time')).toEqual(['nginx cpu.mode="user" 2']);
});

test('an empty subgroup that is kept counts 0, and its counters go on', async () => {
  const { take } = await started({ remove_empty_groups: false });
  const a = processOf(1, 'nginx');
  const other = processOf(9, 'sshd');
  await take(entity(a, 10, { cpu: 10, rss: 5 }));
  await take(gone(a, 20, { cpu: 10, rss: 5 }));
  const empty = await take(entity(other, 30, {}));
  expect(valuesOf(empty, 'size')).toEqual(['nginx 0', 'ssh 1']);
  expect(valuesOf(empty, 'cpu.time')).toEqual(['nginx cpu.mode="user" 10']);
  expect(valuesOf(empty, 'memory.usage')).toEqual([]);
  const back = await take(entity(processOf(2, 'nginx', { startedAt: 35 }), 40, { cpu: 2 }));
  expect(valuesOf(back, 'cpu.time')).toEqual(['nginx cpu.mode="user" 12']);
});

test('a process that executes another program moves, and takes along only what it does from then on', async () => {
  const { take } = await started();
  const [shell, daemon] = [processOf(1, 'nginx'), processOf(1, 'postgres')];
  await take(entity(shell, 10, { cpu: 10, rss: 5 }), entity(processOf(2, 'nginx'), 10, { cpu: 1 }));
  const moved = await take(
    entity(daemon, 20, { cpu: 11, rss: 6 }),
    entity(processOf(2, 'nginx'), 20, { cpu: 1 }),
    gone(shell, 20, { cpu: 10, rss: 5 }),
  );
  expect(valuesOf(moved, 'cpu.time')).toEqual(['nginx cpu.mode="user" 11', 'postgres cpu.mode="user" 1']);
  expect(valuesOf(moved, 'size')).toEqual(['nginx 1', 'postgres 1']);
  expect(valuesOf(await take(entity(daemon, 30, { cpu: 15 })), 'cpu.time')).toEqual(['postgres cpu.mode="user" 5']);
});

test('equal resources that are other objects in each batch are the same process', async () => {
  const { take } = await started();
  for (const at of [10, 20, 30]) {
    const text = await take(entity(structuredClone(processOf(1, 'nginx')), at, { cpu: at, rss: 5 }));
    expect(valuesOf(text, 'cpu.time')).toEqual([`nginx cpu.mode="user" ${at}`]);
    expect(valuesOf(text, 'size')).toEqual(['nginx 1']);
  }
});

test('a process that is only no longer sent is gone after a while', async () => {
  const { take, clock } = await started({ member_expiration: '60s' });
  const [a, b] = [processOf(1, 'nginx'), processOf(2, 'nginx')];
  await take(entity(a, 10, { cpu: 10, rss: 1 }), entity(b, 10, { cpu: 1, rss: 1 }));
  await clock.advance(60 * second);
  expect(valuesOf(await take(entity(b, 70, { cpu: 2, rss: 1 })), 'size')).toEqual(['nginx 2']);
  await clock.advance(second);
  const text = await take(entity(b, 71, { cpu: 2, rss: 1 }));
  expect(valuesOf(text, 'size')).toEqual(['nginx 1']);
  expect(valuesOf(text, 'cpu.time')).toEqual(['nginx cpu.mode="user" 12']);
});

test('processes of several hosts are summed apart', async () => {
  const { take } = await started();
  const text = await take(
    entity(processOf(1, 'nginx', { 'host.name': 'a' }), 10, { rss: 1 }),
    entity(processOf(1, 'nginx', { 'host.name': 'b' }), 10, { rss: 2 }),
  );
  expect(text.split('\n').filter((line) => line.startsWith('process.group.memory.usage'))).toEqual([
    'process.group.memory.usage{host.name="a",process.group="web",process.subgroup="nginx"|} 1 By',
    'process.group.memory.usage{host.name="b",process.group="web",process.subgroup="nginx"|} 2 By',
  ]);
});

test('sums are exact beyond 2^53', async () => {
  const { take } = await started();
  const most = Number.MAX_SAFE_INTEGER;
  const [a, b, c] = [processOf(1, 'nginx'), processOf(2, 'nginx'), processOf(3, 'nginx')];
  const big = await take(entity(a, 10, { rss: most }), entity(b, 10, { rss: 2 }), entity(c, 10, { rss: 2n ** 60n }));
  expect(valuesOf(big, 'memory.usage')).toEqual([`nginx "${BigInt(most) + 2n + 2n ** 60n}n"`]);
  const less = await take(gone(a, 20, { rss: 1 }), entity(b, 20, { rss: 2 }), gone(c, 20, { rss: 1 }));
  expect(valuesOf(less, 'memory.usage')).toEqual(['nginx 2']);
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

test.each([
  [{ include_groups: ['web'] }, ['nginx'], [[4, 'group_excluded']]],
  [{ include_groups: ['*/postgres', 'web/nginx'] }, ['nginx', 'postgres'], [[2, 'group_excluded']]],
  [{ exclude_groups: ['db'] }, ['nginx', 'unknown'], [[2, 'group_excluded']]],
  [{ include_groups: ['db'], exclude_groups: ['db/postgres'] }, [], [[6, 'group_excluded']]],
  [{ disable_others: true }, ['nginx', 'postgres'], [[2, 'others_disabled']]],
  [
    { builtin: false, others: { group: 'all', subgroup: '{process.executable.name}' } },
    ['mystery', 'nginx', 'postgres'],
    [],
  ],
] as const)('%j keeps %j', async (config, kept, dropped) => {
  const context = await started(config as InputOf<typeof subgroup.config>);
  const text = await context.take(
    entity(processOf(1, 'nginx'), 10, { rss: 1 }),
    entity(processOf(2, 'postgres'), 10, { rss: 1 }),
    entity(processOf(3, 'mystery'), 10, { rss: 1 }),
  );
  expect(valuesOf(text, 'size').map((line) => line.split(' ')[0])).toEqual(kept);
  const totals = new Map<unknown, number>();
  for (const [items, reason] of context.dropped) totals.set(reason, (totals.get(reason) ?? 0) + items);
  expect([...totals].map(([reason, items]) => [items, reason])).toEqual(dropped);
});

test('emits only the sums, or only the processes', async () => {
  const all = entity(processOf(1, 'nginx'), 10, { rss: 1 });
  const names = async (emit: ('processes' | 'groups')[]) => {
    const { take, dropped } = await started({ emit });
    const text = await take(all);
    expect(dropped).toEqual([]);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('{')[0]);
  };
  expect(await names(['groups'])).toEqual([
    'process.group.memory.usage',
    'process.group.oldest_start_time',
    'process.group.size',
  ]);
  expect(await names(['processes'])).toEqual(['process.memory.usage', 'process.uptime']);
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

test('reads files again when they have changed, ends what has moved, and keeps the last good rules', async () => {
  const file = rulesFile('subgroups: [{ group: mine, subgroup: one, name: nginx }]');
  const { take, clock, lines } = await started({ files: [file], reload_interval: '30s' });
  const a = processOf(1, 'nginx');
  const other = processOf(2, 'sshd');
  expect(valuesOf(await take(entity(a, 10, { cpu: 3 }), entity(other, 10, {})), 'size')).toEqual(['one 1', 'ssh 1']);

  const change = (text: string, at: number): void => {
    writeFileSync(file, text);
    utimesSync(file, at, at);
  };
  change('subgroups: [{ group: mine, subgroup: two, name: nginx }]', 1000);
  expect(valuesOf(await take(entity(a, 20, { cpu: 4 })), 'size')).toEqual(['one 1']);
  await clock.advance(30 * second);
  const moved = await take(entity(a, 40, { cpu: 5 }));
  expect(valuesOf(moved, 'size')).toEqual(['one ended', 'two 1']);
  expect(valuesOf(moved, 'cpu.time')).toEqual(['one cpu.mode="user" ended', 'two cpu.mode="user" 1']);
  expect(
    moved
      .split('\n')
      .filter((line) => line.startsWith('process.cpu.time'))
      .map((line) => line.replace(/.*subgroup=/, '')),
  ).toEqual(['"one"|cpu.mode="user"} ended s', '"two"|cpu.mode="user"} 5 s']);

  change('subgroups: [{ group: mine', 2000);
  await clock.advance(30 * second);
  expect(valuesOf(await take(entity(a, 70, { cpu: 5 })), 'size')).toEqual(['two 1']);
  await clock.advance(30 * second);
  await take(entity(a, 100, { cpu: 5 }));
  expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  expect(JSON.stringify(lines)).toContain(`${file}:1`);
});

test('a start with a broken file fails for good, and the check says where', async () => {
  const file = rulesFile('subgroups: [{ group: mine');
  const input = { files: [file], rules: [{ group: 'g', subgroup: 's', name_regex: '(' }] };
  await expect(started(input)).rejects.toThrow(PermanentError);
  await expect(started(input)).rejects.toThrow(`${file}:1`);
  expect(subgroup.check?.(resolveConfig(subgroup.config, input))).toMatchObject([
    { path: ['rules', 0], message: expect.stringContaining('Invalid regular expression') as string },
    { path: ['files', 0], message: expect.stringContaining(`${file}:1`) as string },
  ]);
  expect(subgroup.check?.(resolveConfig(subgroup.config, {}))).toEqual([]);
});
