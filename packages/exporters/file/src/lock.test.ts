import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { link, mkdir, readFile, rename, symlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Collector, createCollector, PermanentError, resolveConfig } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { at, deadline, exporter, framesOf, linesOf, logs } from '../testdata/writing.ts';
import definition from './index.ts';
import { socketName } from './lock.ts';

const open: Collector[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.shutdown(deadline());
});

type Exporters = Readonly<Record<string, object>>;

const configOf = (exporters: Exporters): Record<string, unknown> => ({
  receivers: { push: {} },
  exporters,
  service: { pipelines: { logs: { receivers: ['push'], exporters: Object.keys(exporters) } } },
});

async function collecting(exporters: Exporters): Promise<Collector> {
  const { log } = testContext();
  const collector = await createCollector(configOf(exporters), { components: [definition], log });
  open.push(collector);
  return collector;
}

describe('two exporters of a config', () => {
  beforeEach(async () => {
    await mkdir(at('folder'));
    await symlink(at('folder'), at('linked'));
    await symlink(at('folder', 'x.jsonl'), at('other.jsonl'));
  });
  const group_by = { enabled: true };

  test.each([
    ['written the same', () => at('folder/x.jsonl')],
    ['relative', () => relative(process.cwd(), at('folder/x.jsonl'))],
    ['with dots', () => at('folder') + '/.././folder//x.jsonl'],
  ])('cannot have one file: %s', async (_name, second) => {
    const exporters = { file: { path: at('folder/x.jsonl') }, 'file/b': { path: second() } };
    await expect(collecting(exporters)).rejects.toThrow(
      `error: exporters.file/b: ${second()} is taken by exporters.file.path`,
    );
  });

  test.each([
    ['written the same', () => at('made/x-*/y.jsonl')],
    ['relative', () => relative(process.cwd(), at('made/x-*/y.jsonl'))],
    ['with dots', () => at('.') + '/././/made/x-*//y.jsonl'],
  ])('cannot have one pattern: %s', async (_name, second) => {
    const exporters = { file: { path: at('made/x-*/y.jsonl'), group_by }, 'file/b': { path: second(), group_by } };
    await expect(collecting(exporters)).rejects.toThrow(
      `error: exporters.file/b: ${second()} is taken by exporters.file.path`,
    );
  });

  test.each([
    ['in a directory that is a link', () => at('linked/x.jsonl')],
    ['a link to a file that is made at the start', () => at('other.jsonl')],
  ])('cannot have one file by two names: %s', async (_name, second) => {
    const collector = await collecting({ file: { path: at('folder/x.jsonl') }, 'file/b': { path: second() } });
    await expect(collector.start()).rejects.toThrow(
      `exporter/file/b cannot start: The exporter file writes to ${second()} already: two cannot write to one file.`,
    );
  });

  test('can have two files, two patterns, and what is no file', async () => {
    const collector = await collecting({
      file: { path: at('folder/x.jsonl') },
      'file/b': { path: at('x.jsonl') },
      'file/c': { path: at('folder/*.jsonl'), group_by },
      'file/d': { path: at('folder/*.json'), group_by },
      'file/e': { path: '/dev/null' },
      'file/f': { path: '/dev/null' },
    });
    await collector.start();
    expect(collector.status().ready).toBe(true);
  });

  test('of two collectors in one process, neither', async () => {
    await (await collecting({ file: { path: at('x.jsonl') } })).start();
    await (await collecting({ file: { path: at('y.jsonl') } })).start();
    const third = await exporter({ path: at('x.jsonl') }).catch((error: unknown) => error);
    expect(third).toMatchObject({ name: 'PathInUseError', isOfTheSameConfig: false });
  });
});

test('the first has its file to itself, whatever becomes of the name', async () => {
  const rotation = { max_megabytes: 1 };
  const one = await exporter({ rotation });
  for (let times = 0; times < 3; times++) await one.consume(logs('x'.repeat(600_000)));
  await expect(exporter({})).rejects.toThrow('The exporter test writes to');
  await rename(at('out.jsonl'), at('taken.jsonl'));
  await expect(exporter({})).rejects.toThrow('The exporter test writes to');
  expect(await linesOf(at('taken.jsonl'))).toHaveLength(1);
  await one.shutdown!(deadline());
  await link(at('taken.jsonl'), at('again.jsonl'));
  await (await exporter({})).shutdown!(deadline());
});

test('one that is refused empties nothing', async () => {
  const one = await exporter({});
  await one.consume(logs('x'));
  await expect(exporter({ append: false })).rejects.toThrow('two cannot write to one file');
  expect(await linesOf(at('out.jsonl'))).toHaveLength(1);
  await one.shutdown!(deadline());
});

describe('one that is shut down', () => {
  test.each([{ path: 'out.jsonl' }, { path: '*.jsonl', group_by: { enabled: true } }])(
    'while it starts has no file, nor takes one: %j',
    async ({ path, ...more }) => {
      const config = { path: at(path), ...more };
      const one = definition.create(resolveConfig(definition.config, config), testContext());
      const starting = one.start!();
      await one.shutdown!(deadline());
      await starting;
      await expect(one.start!()).rejects.toThrow('has been shut down');
      await (await exporter(config)).shutdown!(deadline());
    },
  );

  test('writes what it has been given before, and then has no file any more', async () => {
    const config = { format: 'proto', compression: 'zstd', append: true };
    const one = await exporter(config);
    const late = one.consume(logs(randomBytes(3_000_000).toString('hex')));
    await Promise.all([late, one.shutdown!(deadline())]);
    expect(await framesOf(at('out.jsonl'))).toHaveLength(1);
    await expect(one.consume(logs('x'))).rejects.toThrow('has been shut down');
    await (await exporter(config)).shutdown!(deadline());
  });
});

test('a reload gives the file of one to another, and nothing is lost', async () => {
  const own = { path: at('x.jsonl'), append: true };
  const collector = await collecting({ 'file/a': own, 'file/kept': { path: at('kept.jsonl') } });
  await collector.start();
  let pushed = 0;
  let isOver = false;
  const pushing = (async () => {
    for (; !isOver; pushed++) await collector.push(logs(`body ${pushed}`));
  })();
  await expect.poll(() => pushed).toBeGreaterThan(100);
  await collector.reload(configOf({ 'file/b': own, 'file/kept': { path: at('kept.jsonl') } }));
  const before = pushed;
  await expect.poll(() => collector.status().ready, { timeout: 5000 }).toBe(true);
  await expect.poll(() => pushed, { timeout: 5000 }).toBeGreaterThan(before + 100);
  isOver = true;
  await pushing;
  const bodies = [...(await readFile(at('x.jsonl'), 'utf8')).matchAll(/"stringValue":"body (\d+)"/g)];
  expect(bodies.map(([, number]) => Number(number))).toEqual(Array.from({ length: pushed }, (_, index) => index));
});

test('a reload swaps the files of two', async () => {
  const [x, y] = [{ path: at('x.jsonl') }, { path: at('y.jsonl') }];
  const collector = await collecting({ 'file/a': x, 'file/b': y });
  await collector.start();
  await collector.reload(configOf({ 'file/a': y, 'file/b': x }));
  await collector.push(logs('x'));
  expect(collector.status().ready).toBe(true);
});

test('a reload that adds a second is told so, and the first goes on', async () => {
  const first = { 'file/a': { path: at('x.jsonl') } };
  const collector = await collecting(first);
  await collector.start();
  await symlink(at('x.jsonl'), at('link.jsonl'));
  const same = collector.reload(configOf({ ...first, 'file/b': { path: at('x.jsonl') } }));
  await expect(same).rejects.toThrow('is taken by exporters.file/a.path');
  await collector.reload(configOf({ ...first, 'file/b': { path: at('link.jsonl') } }));
  expect([...collector.status().starting]).toEqual([
    ['exporter/file/b', expect.stringContaining('The exporter file/a writes to')],
  ]);
});

test('a file of a group that another writes to is left out in the end, and counted', async () => {
  const clock = manualClock();
  const context = testContext({ clock });
  const group_by = { enabled: true, resource_attribute: 'tenant' };
  const one = await exporter({ path: at('a.jsonl') });
  const grouping = await exporter({ path: at('*.jsonl'), group_by }, context);
  await grouping.consume(logs('x', { tenant: 'b' }));
  const ofA = logs('x', { tenant: 'a' });
  await expect(grouping.consume(ofA)).rejects.toThrow(`The exporter test writes to ${at('a.jsonl')} already`);
  await expect(grouping.consume(ofA)).rejects.not.toBeInstanceOf(PermanentError);
  await clock.advance(10_000);
  await grouping.consume(ofA);
  expect(context.lines).toMatchObject([
    { level: 'warn', fields: { error: expect.stringContaining('The exporter test writes to') as string } },
  ]);
  await one.shutdown!(deadline());
  await grouping.consume(logs('y', { tenant: 'a' }));
  expect(await linesOf(at('a.jsonl'))).toHaveLength(1);
  await grouping.shutdown!(deadline());
});

describe('another process', () => {
  test('has the file until it ends, however it ends', async () => {
    const script = join(import.meta.dirname, '../testdata/unending.ts');
    const child = spawn(process.execPath, ['-C', 'source', script, at('out.jsonl'), '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const error = await exporter({}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PathInUseError', isOfTheSameConfig: false });
    expect(String(error)).toMatch(
      new RegExp(`of another process \\(pid ${child.pid}\\) writes to .*out.jsonl already`),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await exporter({})).shutdown!(deadline());
  });

  test.each<[string, (socket: Socket) => void]>([
    ['nothing', () => {}],
    ['something else', (socket) => socket.end('{"hello":1}')],
    ['more and more', (socket) => Readable.from(endless()).pipe(socket)],
    ['a bit now and then', (socket) => Readable.from(slow()).pipe(socket)],
  ])('that takes the name of a lock and says %s is not waited for', async (_what, say) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      say(socket);
    }).listen(await socketName(at('out.jsonl')));
    await once(server, 'listening');
    await expect(exporter({})).rejects.toThrow('is in use by a process that does not say which it is');
    server.close();
  });
});

function* endless(): Generator<string> {
  for (;;) yield 'x'.repeat(1000);
}

async function* slow(): AsyncGenerator<string> {
  for (;;) {
    yield ' ';
    await sleep(50);
  }
}
