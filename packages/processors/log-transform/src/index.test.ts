import type { Attributes, InputOf, LogRecord, LogsBatch, ResourceLogs } from '@millrace/core';
import { logsBatch, resolveConfig } from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import logTransform from './index.ts';

type Input = InputOf<typeof logTransform.config>;

const record = (body: LogRecord['body'], attributes: Attributes = {}): LogRecord => ({
  observedTime: [9, 0],
  body,
  attributes,
});
const from = (service: string, ...logRecords: LogRecord[]): ResourceLogs => ({
  resource: { attributes: { 'service.name': service } },
  scopeLogs: [{ scope: { name: 'lib', version: '1' }, logRecords }],
});

function start(input: Input) {
  const next = sink();
  const context = testContext();
  const processor = logTransform.create(resolveConfig(logTransform.config, input), context, next);
  return {
    counts: context.counts,
    next,
    lines: context.lines,
    processor,
    async run(...resourceLogs: ResourceLogs[]): Promise<LogsBatch> {
      await processor.consume(logsBatch(resourceLogs, { tenant: ['a'] }));
      return next.batches.at(-1) as LogsBatch;
    },
  };
}

const recordsOf = ({ resourceLogs }: LogsBatch): LogRecord[] =>
  resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));

describe('log_transform', () => {
  it('parses bodies, times and severities, and moves fields', async () => {
    const { run } = start({
      operators: [
        {
          type: 'json_parser',
          if: 'body matches "^{"',
          timestamp: { parse_from: 'attributes.time', layout: '%Y-%m-%dT%H:%M:%S.%LZ', location: 'UTC' },
          severity: { parse_from: 'attributes.level' },
        },
        { type: 'move', if: 'attributes.message != nil', from: 'attributes.message', to: 'body' },
        { type: 'remove', if: 'attributes.time != nil', field: 'attributes.time' },
      ],
    });
    const before = record('{"time":"2026-07-19T22:26:40.123Z","level":"warn","message":"slow","ms":812}', {
      zone: 'a',
    });
    const plain = record('hello');
    const batch = await run(from('shop', before, plain));
    expect(batch.metadata).toEqual({ tenant: ['a'] });
    expect(recordsOf(batch)).toEqual([
      {
        observedTime: [9, 0],
        time: [1_784_500_000, 123_000_000],
        severityNumber: 13,
        severityText: 'warn',
        body: 'slow',
        attributes: { zone: 'a', level: 'warn', ms: 812 },
      },
      { ...plain, body: 'hello' },
    ]);
    // What came in is untouched.
    expect(before.attributes).toEqual({ zone: 'a' });
  });

  it('keeps records with their resource and scope, and divides them where an operator changes it', async () => {
    const { run } = start({
      operators: [{ type: 'move', if: 'attributes.host != nil', from: 'attributes.host', to: 'resource["host.name"]' }],
    });
    const shop = from(
      'shop',
      record('1', { host: 'a' }),
      record('2'),
      record('3', { host: 'b' }),
      record('4', { host: 'a' }),
    );
    const batch = await run(shop, from('pay', record('5')));
    expect(
      batch.resourceLogs.map(({ resource, scopeLogs }) => [
        resource.attributes,
        scopeLogs.map(({ scope, logRecords }) => [scope, logRecords.map(({ body }) => body)]),
      ]),
    ).toEqual([
      [{ 'service.name': 'shop', 'host.name': 'a' }, [[{ name: 'lib', version: '1' }, ['1', '4']]]],
      [{ 'service.name': 'shop' }, [[{ name: 'lib', version: '1' }, ['2']]]],
      [{ 'service.name': 'shop', 'host.name': 'b' }, [[{ name: 'lib', version: '1' }, ['3']]]],
      [{ 'service.name': 'pay' }, [[{ name: 'lib', version: '1' }, ['5']]]],
    ]);
  });

  it('counts what it leaves out, and tells the first failure of an operator', async () => {
    const { run, counts, lines, next } = start({
      operators: [
        { type: 'filter', expr: 'body startsWith "GET /healthz"' },
        { type: 'json_parser', on_error: 'drop' },
      ],
    });
    await run(from('shop', record('GET /healthz'), record('no json'), record('{"a":1}'), record('neither')));
    expect(recordsOf(next.batches[0] as LogsBatch).map(({ attributes }) => attributes)).toEqual([{ a: 1 }]);
    expect(counts).toEqual({
      'millrace_dropped_items filtered': 1,
      'millrace_dropped_items operator_error': 2,
      'millrace_operator_errors json_parser': 2,
    });
    expect(lines.map(({ level, fields }) => [level, (fields as { operator: string }).operator])).toEqual([
      ['warn', 'json_parser'],
    ]);
  });

  it('hands on nothing where nothing is left, and counts nothing of what was refused', async () => {
    const { processor, counts, next } = start({ operators: [{ type: 'filter', expr: 'body == "x"' }] });
    await processor.consume(logsBatch([from('shop', record('x'))]));
    expect(next.batches).toEqual([]);
    next.failures.push(new Error('full'));
    const batch = logsBatch([from('shop', record('x'), record('y'))]);
    await expect(processor.consume(batch)).rejects.toThrow('full');
    expect(counts).toEqual({ 'millrace_dropped_items filtered': 1 });
    await processor.consume(batch);
    expect(counts).toEqual({ 'millrace_dropped_items filtered': 2 });
  });

  it('joins records of one batch, and keeps none for the next', async () => {
    const { run } = start({
      operators: [{ type: 'recombine', combine_field: 'body', is_first_entry: 'body matches "^\\\\S"' }],
    });
    const batch = await run(from('shop', record('Error: a'), record('  at b'), record('next'), record('  at c')));
    expect(recordsOf(batch).map(({ body }) => body)).toEqual(['Error: a\n  at b', 'next\n  at c']);
  });

  it('says what is wrong with an operator', () => {
    const problems = (operators: Input['operators']) =>
      logTransform.check!(resolveConfig(logTransform.config, { operators }));
    expect(problems([{ type: 'json_parse' }])).toMatchObject([{ path: ['operators', 0, 'type'] }]);
    expect(problems([{ type: 'move', from: 'body' }])).toMatchObject([{ path: ['operators', 0] }]);
  });
});
