import { readFileSync } from 'node:fs';
import type {
  Attributes,
  Batch,
  InputOf,
  LogRecord,
  MetricsBatch,
  ResourceBatch,
  Span,
  TracesBatch,
} from '@millrace/core';
import {
  encodedBatch,
  endSeries,
  itemCount,
  logsBatch,
  mergeBatches,
  metricsBatch,
  pointType,
  profilesBatch,
  resolveConfig,
  spanKind,
  temporality,
  tracesBatch,
  valueType,
} from '@millrace/core';
import { render, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import filter from './index.ts';

type Input = InputOf<typeof filter.config>;

const cpuTime = (resource: Record<string, string>, ...modes: string[]) => ({
  resource: { attributes: resource },
  scopeMetrics: [
    {
      scope: { name: 'test' },
      metrics: [
        {
          descriptor: { name: 'process.cpu.time', description: '', unit: 's', valueType: valueType.double },
          dataPointType: pointType.sum,
          aggregationTemporality: temporality.cumulative,
          isMonotonic: true,
          dataPoints: modes.map((mode, value) => ({
            startTime: [0, 0] as const,
            endTime: [1, 0] as const,
            attributes: { 'cpu.mode': mode },
            value,
          })),
        },
        {
          descriptor: { name: 'process.memory.usage', description: '', unit: 'By', valueType: valueType.int },
          dataPointType: pointType.gauge,
          dataPoints: [{ startTime: [0, 0] as const, endTime: [1, 0] as const, attributes: {}, value: 7n }],
        },
      ],
    },
  ],
});

const metrics = metricsBatch([
  cpuTime({ 'process.command': 'nginx' }, 'user', 'system'),
  cpuTime({ 'process.command': 'bash' }, 'user'),
]);

const record = (fields: Partial<LogRecord>): LogRecord => ({ observedTime: [1, 0], attributes: {}, ...fields });

const logs = logsBatch([
  {
    resource: { attributes: { host: 'a' } },
    scopeLogs: [
      {
        scope: { name: 'test' },
        logRecords: [
          record({ severityNumber: 9, severityText: 'INFO', body: 'started', attributes: { port: 80 } }),
          record({ severityNumber: 17, severityText: 'ERROR', body: 'failed: out of memory' }),
          record({ body: { nested: ['map'] }, attributes: { port: 80n } }),
          record({ severityNumber: 0, body: 42 }),
        ],
      },
    ],
  },
]);

async function pass(input: Input, batch: Batch) {
  const next = sink();
  const context = testContext();
  await filter.create(resolveConfig(filter.config, input), context, next).consume(batch);
  return { passed: next.batches.flatMap((kept) => render(kept).trim().split('\n')), dropped: context.dropped };
}

const nginxUser = 'process.cpu.time{process.command="nginx"|cpu.mode="user"} 0 s';
const nginxSystem = 'process.cpu.time{process.command="nginx"|cpu.mode="system"} 1 s';
const nginxMemory = 'process.memory.usage{process.command="nginx"|} "7n" By';
const bashUser = 'process.cpu.time{process.command="bash"|cpu.mode="user"} 0 s';
const bashMemory = 'process.memory.usage{process.command="bash"|} "7n" By';

describe('metrics', () => {
  it.each<[string, NonNullable<Input['metrics']>, string[]]>([
    ['a name', { include: { metric_names: ['process.memory.usage'] } }, [bashMemory, nginxMemory]],
    ['a strict name is a whole one', { include: { metric_names: ['process.memory'] } }, []],
    ['a name that matches', { include: { match_type: 'regexp', metric_names: ['mem'] } }, [bashMemory, nginxMemory]],
    ['all but a name', { exclude: { metric_names: ['process.cpu.time'] } }, [bashMemory, nginxMemory]],
    [
      'exclude after include',
      {
        include: { resource_attributes: [{ key: 'process.command', value: 'nginx' }] },
        exclude: { match_type: 'regexp', metric_names: ['^process.cpu'] },
      },
      [nginxMemory],
    ],
    [
      'all conditions of a block must hold',
      {
        exclude: {
          metric_names: ['process.cpu.time'],
          resource_attributes: [{ key: 'process.command', value: 'nginx' }],
          attributes: [{ key: 'cpu.mode', value: 'user' }],
        },
      },
      [bashUser, nginxSystem, bashMemory, nginxMemory],
    ],
    [
      'include and exclude by point',
      {
        include: { attributes: [{ key: 'cpu.mode' }] },
        exclude: { match_type: 'regexp', attributes: [{ key: 'cpu.mode', value: '^s' }] },
      },
      [bashUser, nginxUser],
    ],
    ['an attribute that nothing has', { include: { attributes: [{ key: 'nope' }] } }, []],
  ])('%s', async (_, input, want) => {
    const { passed, dropped } = await pass({ metrics: input }, metrics);
    expect(passed).toEqual(want);
    expect(dropped).toEqual({ filtered: itemCount(metrics) - want.length });
  });

  it('an ended series follows the rule of the series', async () => {
    const ended = metricsBatch(metrics.resourceMetrics.map((resource) => endSeries(resource, [2, 0])));
    const { passed } = await pass(
      { metrics: { include: { attributes: [{ key: 'cpu.mode', value: 'system' }] } } },
      ended,
    );
    expect(passed).toEqual(['process.cpu.time{process.command="nginx"|cpu.mode="system"} ended s']);
  });

  it('shares what did not change', async () => {
    const next = sink();
    const config = resolveConfig(filter.config, {
      metrics: {
        exclude: {
          metric_names: ['process.cpu.time'],
          resource_attributes: [{ key: 'process.command', value: 'nginx' }],
        },
      },
    });
    const processor = filter.create(config, testContext(), next);
    await processor.consume(metrics);
    const [nginx, bash] = (next.batches[0] as MetricsBatch).resourceMetrics;
    expect(bash).toBe(metrics.resourceMetrics[1]);
    expect(nginx!.resource).toBe(metrics.resourceMetrics[0]!.resource);
    expect(nginx!.scopeMetrics[0]!.metrics[0]).toBe(metrics.resourceMetrics[0]!.scopeMetrics[0]!.metrics[1]);
    const untouched = metricsBatch([metrics.resourceMetrics[1]!]);
    await processor.consume(untouched);
    expect(next.batches[1]).toBe(untouched);
  });
});

describe('logs', () => {
  const [info, error, map, number] = ['INFO "started"', 'ERROR "failed', '- {"nested"', '- 42'];
  it.each<[string, NonNullable<Input['logs']>, (string | undefined)[]]>([
    ['severe ones', { include: { severity_number: { min: 'WARN' } } }, [error]],
    [
      'severe ones and unknown ones',
      { include: { severity_number: { min: 'INFO2', match_undefined: true } } },
      [number, map, error],
    ],
    ['by severity text', { exclude: { severity_texts: ['INFO'] } }, [number, map, error]],
    ['by body', { include: { match_type: 'regexp', bodies: ['memory$', '^4'] } }, [number, error]],
    ['a number is compared as a text', { include: { bodies: ['42'] } }, [number]],
    ['by attribute, number or bigint', { include: { record_attributes: [{ key: 'port', value: 80 }] } }, [map, info]],
    ['by resource', { exclude: { resource_attributes: [{ key: 'host', value: 'a' }] } }, []],
  ])('%s', async (_, input, want) => {
    const { passed, dropped } = await pass({ logs: input }, logs);
    expect(passed).toEqual(want.map((start) => expect.stringContaining(start!)));
    expect(dropped).toEqual({ filtered: 4 - want.length });
  });
});

describe('spans', () => {
  const span = (name: string, kind: number, attributes: Attributes = {}): Span => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name,
    kind,
    attributes,
    startTime: [1, 0],
    endTime: [2, 0],
  });
  const traces = tracesBatch(
    [
      {
        resource: { attributes: { 'service.name': 'shop' } },
        scopeSpans: [
          {
            scope: { name: 'http', version: '1.0' },
            spans: [span('GET /health', spanKind.server), span('GET /cart', spanKind.server, { user: 'a' })],
          },
          { scope: { name: 'sql' }, spans: [span('SELECT', spanKind.client)] },
        ],
      },
      {
        resource: { attributes: { env: 'test' } },
        scopeSpans: [{ scope: { name: 'http' }, spans: [span('GET /cart', spanKind.internal)] }],
      },
    ],
    { tenant: ['a'] },
  );

  it.each<[string, NonNullable<Input['spans']>, string[]]>([
    ['by name', { exclude: { span_names: ['GET /health'] } }, ['GET /cart', 'SELECT', 'GET /cart']],
    [
      'by pattern',
      { include: { match_type: 'regexp', span_names: ['^GET'] } },
      ['GET /health', 'GET /cart', 'GET /cart'],
    ],
    ['by service', { include: { services: ['shop'] } }, ['GET /health', 'GET /cart', 'SELECT']],
    ['by kind', { include: { span_kinds: ['SPAN_KIND_CLIENT'] } }, ['SELECT']],
    ['by attribute', { include: { attributes: [{ key: 'user' }] } }, ['GET /cart']],
    [
      'by resource',
      { exclude: { resources: [{ key: 'env', value: 'test' }] } },
      ['GET /health', 'GET /cart', 'SELECT'],
    ],
    ['by library', { include: { libraries: [{ name: 'http', version: '1.0' }] } }, ['GET /health', 'GET /cart']],
    [
      'exclude after include',
      { include: { services: ['shop'] }, exclude: { span_kinds: ['SPAN_KIND_SERVER'] } },
      ['SELECT'],
    ],
  ])('%s', async (_, input, want) => {
    const next = sink();
    const context = testContext();
    const config = resolveConfig(filter.config, { spans: input });
    await filter.create(config, context, next).consume(traces);
    const [passed] = next.batches as TracesBatch[];
    const spans = passed!.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    expect(spans.map(({ name }) => name)).toEqual(want);
    expect(context.dropped).toEqual({ filtered: 4 - want.length });
    expect(passed!.metadata).toBe(traces.metadata);
  });
});

it('keeps what is still bytes so, where resources decide', async () => {
  const part = (service: string, items: number): ResourceBatch => {
    const batch: ResourceBatch = encodedBatch('logs', {
      items,
      bytes: 100,
      decode: () => expect.fail('it was decoded'),
      split: () => [{ resource: { attributes: { 'service.name': service } }, batch }],
      mapResources: () => expect.fail('it was mapped'),
    });
    return batch;
  };
  const [shop, bank] = [part('shop', 3), part('bank', 5)];
  const next = sink();
  const context = testContext();
  const resources = [{ key: 'service.name', value: 'shop' }];
  const config = resolveConfig(filter.config, { logs: { exclude: { resource_attributes: resources } } });
  await filter.create(config, context, next).consume(mergeBatches([shop, bank]));
  expect(next.batches).toEqual([bank]);
  expect(context.dropped).toEqual({ filtered: 3 });
});

it('passes profiles on', async () => {
  const profiles = profilesBatch(new Uint8Array([1]), 1);
  const next = sink();
  await filter.create(resolveConfig(filter.config, { logs: {} }), testContext(), next).consume(profiles);
  expect(next.batches).toEqual([profiles]);
});

it('does not look at a signal that it has no rule for', async () => {
  const bytes = {
    signal: 'metrics' as const,
    get resourceMetrics(): never {
      throw new Error('decoded');
    },
  };
  const next = sink();
  const config = resolveConfig(filter.config, { logs: { include: { bodies: ['x'] } } });
  await filter.create(config, testContext(), next).consume(bytes);
  expect(next.batches).toEqual([bytes]);
});

it('counts what it dropped once, however often next refuses the rest', async () => {
  const next = sink();
  const context = testContext();
  const config = resolveConfig(filter.config, { metrics: { exclude: { metric_names: ['process.cpu.time'] } } });
  const processor = filter.create(config, context, next);
  next.failures.push(new Error('later'));
  await expect(processor.consume(metrics)).rejects.toThrow('later');
  await processor.consume(metrics);
  expect(context.dropped).toEqual({ filtered: 3 });
});

it('goes on giving the right verdict for more names than it remembers', async () => {
  const next = sink();
  const config = resolveConfig(filter.config, { metrics: { include: { match_type: 'regexp', metric_names: ['7$'] } } });
  const processor = filter.create(config, testContext(), next);
  const [template] = cpuTime({}, 'user').scopeMetrics[0]!.metrics;
  const many = Array.from({ length: 10_000 }, (_, index) => ({
    ...template!,
    descriptor: { ...template!.descriptor, name: `m${index}` },
  })) as MetricsBatch['resourceMetrics'][number]['scopeMetrics'][number]['metrics'];
  for (let round = 0; round < 2; round++)
    await processor.consume(
      metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 't' }, metrics: many }] }]),
    );
  expect(next.batches.map(itemCount)).toEqual([1000, 1000]);
});

describe('the config', () => {
  const check = (input: Input) => filter.check?.(resolveConfig(filter.config, input));

  it.each<[Input, (string | number)[], RegExp]>([
    [
      { metrics: { include: { match_type: 'regexp', metric_names: ['ok', '('] } } },
      ['metrics', 'include', 'metric_names', 1],
      /Invalid regular expression/,
    ],
    [
      { logs: { exclude: { match_type: 'regexp', record_attributes: [{ key: 'a', value: '[' }] } } },
      ['logs', 'exclude', 'record_attributes', 0, 'value'],
      /Invalid regular expression/,
    ],
    [{ metrics: { exclude: {} } }, ['metrics', 'exclude'], /no condition under metrics\.exclude/],
  ])('%j', (input, path, message) => {
    expect(check(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      processors: { filter: Input };
    };
    expect(check(example.processors.filter)).toEqual([]);
  });
});
