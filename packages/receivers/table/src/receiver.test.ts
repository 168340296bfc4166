import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { type Batch, PermanentError } from '@millrace/core';
import { manualClock, render, sink, testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { recorded, resolved, transactionData } from '../testdata/reading.ts';
import { createReceiver } from './receiver.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/transaction_data`;
}

async function receiving(config: object) {
  const clock = manualClock();
  const context = testContext({ clock, id: 'table/test' });
  const next = sink();
  const receiver = createReceiver(
    resolved({
      format: { header: 1 },
      metrics: [{ name: 'v', column: 'b', attributes: { a: 'a' } }],
      collection_interval: '10s',
      ...config,
    }),
    context,
    next,
  );
  await receiver.start!();
  stops.push(() => receiver.shutdown!(AbortSignal.timeout(1000)));
  return {
    clock,
    next,
    receiver,
    warnings: () =>
      context.lines
        .filter(({ level }) => level === 'warn')
        .map(({ fields, message }) => `${message} ${(fields as { error: string }).error}`),
    messages: () => context.lines.map(({ message }) => message),
    /** The next batch, as text; time is moved on by an interval. */
    async read(): Promise<string> {
      const before = next.batches.length;
      const refusals = next.failures.length;
      await clock.advance(before === 0 && refusals === 0 ? 1_000 : 10_000);
      await expect
        .poll(() => next.batches.length > before || next.failures.length < refusals, { timeout: 5_000, interval: 5 })
        .toBe(true);
      return next.batches.length > before ? render(next.batches.at(-1) as Batch) : 'refused';
    },
  };
}

it('reads the statistics of ResilientDB over HTTP', async () => {
  const url = await serve((request, response) => {
    expect(request.headers.authorization).toBe('Bearer sesame');
    const zipped = gzipSync(recorded('transaction-data.json'));
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' }).end(zipped);
  });
  const { read, warnings } = await receiving({
    source: { url, json_path: 'level_db_stats', headers: { Authorization: 'Bearer sesame' } },
    resource_attributes: { 'service.name': 'resilientdb' },
    ...transactionData,
  });
  const text = await read();
  expect(text).toContain('leveldb.size{service.name="resilientdb"|level="2"} 10485760 By');
  expect(text).toContain('table.rows{service.name="resilientdb"|table.name="table/test"} 3 {row}');
  expect(text).toContain('table.up{service.name="resilientdb"|table.name="table/test"} 1 1');
  expect(warnings()).toEqual([]);
});

describe('a source that is bad is told once, and is asked again', () => {
  it.each<[string, RequestListener, RegExp, object?]>([
    ['an error', (_, response) => response.writeHead(500).end('x'), /transaction_data answers with HTTP status 500/],
    ['nothing', (request) => request.socket.destroy(), /hang up|ECONNRESET/],
    ['no answer', () => {}, /It took longer than its timeout of 200ms/, { timeout: '200ms' }],
    [
      'an answer that does not end',
      (_, response) => void response.write('a b\n'),
      /It took longer than its timeout of 200ms/,
      { timeout: '200ms' },
    ],
    ['too much', (_, response) => response.end('x'.repeat(10_000)), /longer than 1000 bytes/, { max: '1kB' }],
    [
      'too much, compressed',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1e7))),
      /longer than 1000 bytes/,
      { max: '1kB' },
    ],
  ])('%s', async (_name, listener, reason, more = {}) => {
    let isBad = true;
    const { max, ...config } = more as { max?: string };
    const url = await serve((request, response) => (isBad ? listener(request, response) : response.end('a b\nx 1\n')));
    const { read, warnings, messages } = await receiving({ source: { url, ...(max && { max_size: max }) }, ...config });
    expect(await read()).toBe('table.up{|table.name="table/test"} 0 1\n');
    await read();
    expect(warnings()).toEqual([expect.stringMatching(reason)]);
    isBad = false;
    expect(await read()).toContain('v{|a="x"} 1');
    expect(messages().at(-1)).toBe('The table can be read again.');
  });

  it('what is no JSON, and later is', async () => {
    let answer = '<html>';
    const url = await serve((_, response) => void response.end(answer));
    const { read, warnings } = await receiving({ source: { url }, metrics: [{ name: 'n', json_path: 'n' }] });
    await read();
    expect(warnings()).toEqual([expect.stringMatching(/It is no JSON/)]);
    answer = '{"n":5}';
    expect(await read()).toContain('n{|} 5');
  });
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-table-'));
  const path = join(folder, 'table.txt');

  it('are read anew each time; what they lack ends', async () => {
    writeFileSync(path, 'a b\nx 1\ny 2\n');
    const { read } = await receiving({ source: { path } });
    expect(await read()).toContain('v{|a="y"} 2');
    writeFileSync(path, 'a b\nx 3\n');
    expect(await read()).toMatch(/v\{\|a="x"\} 3 \nv\{\|a="y"\} ended/);
    rmSync(path);
    expect(await read()).toBe('table.up{|table.name="table/test"} 0 1\n');
  });

  it('what cannot be read as a file is told, and a pipe that says nothing holds nothing up', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    writeFileSync(path, 'a b\nx 1\n'.repeat(1000));
    for (const [source, reason] of [
      [{ path: join(folder, 'none') }, /ENOENT/],
      [{ path: folder }, /EISDIR|is no file/],
      [{ path: pipe }, /is no file/],
      [{ path, max_size: '100' }, /longer than max_size, 100 bytes/],
    ] as const) {
      const { read, warnings } = await receiving({ source });
      await read();
      expect(warnings()).toEqual([expect.stringMatching(reason)]);
    }
    rmSync(folder, { recursive: true });
  });

  it.runIf(process.platform === 'linux')('/proc is read as it is now', async () => {
    const { read, warnings } = await receiving({
      source: { path: '/proc/self/status' },
      format: { columns: ['key', 'value', 'unit'], rows: '^VmRSS:' },
      metrics: [{ name: 'rss', column: 'value', scale: 'KiB', unit: 'By' }],
    });
    const [, value] = /^rss\{\|\} (\d+) By$/m.exec(await read())!;
    expect(Number(value) / process.memoryUsage().rss).toBeGreaterThan(0.5);
    expect(warnings()).toEqual([]);
  });
});

it('values that are wrong are told once, with how many more there are', async () => {
  let answer = 'a b\nx one\ny two\nz 3\n';
  const url = await serve((_, response) => void response.end(answer));
  const { read, warnings, messages } = await receiving({ source: { url } });
  expect(await read()).toContain('table.faults{|table.name="table/test"} 2 {fault}');
  await read();
  expect(warnings()).toEqual([
    'Not all of the table can be understood. Line 2, column b: "one" is no number. There are 1 more.',
  ]);
  answer = 'a b\nx 1\n';
  await read();
  expect(messages().at(-1)).toBe('All of the table can be understood again.');
});

it('a pipeline that refuses is told, and the next reading goes there again', async () => {
  const url = await serve((_, response) => void response.end('a b\nx 1\n'));
  const { read, next, messages } = await receiving({ source: { url } });
  await read();
  next.failures.push(new Error('full'), new PermanentError('never'));
  await read();
  await read();
  expect(await read()).toContain('v{|a="x"} 1');
  expect(messages()).toEqual([
    'The pipeline did not take the table.',
    'The pipeline did not take the table.',
    'The pipeline takes the table again.',
  ]);
});

it('stops while the source hangs', async () => {
  let asked = 0;
  const url = await serve(() => void asked++);
  const { receiver, next, clock } = await receiving({ source: { url } });
  await clock.advance(1_000);
  await expect.poll(() => asked, { timeout: 5_000 }).toBe(1);
  const began = performance.now();
  await receiver.shutdown!(AbortSignal.timeout(1000));
  expect(performance.now() - began).toBeLessThan(500);
  expect(next.batches).toEqual([]);
});
