import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processFinder } from './processes.ts';

let proc: string;
beforeEach(() => void (proc = mkdtempSync(join(tmpdir(), 'millrace-pprof-proc-'))));
afterEach(() => rmSync(proc, { recursive: true }));

function show(pid: number, { name, args, start }: { name: string; args: readonly string[]; start: number }): void {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  const middle = Array.from({ length: 18 }, () => '0').join(' ');
  writeFileSync(join(proc, String(pid), 'stat'), `${pid} (${name}) S ${middle} ${start} 0 0\n`);
  writeFileSync(join(proc, String(pid), 'cmdline'), args.map((arg) => `${arg}\0`).join(''));
}

const rule = { name: '^kv$', cmdline: String.raw`--port=(?<port>\d+)?`, url: 'http://localhost:{port}' };
const finder = (...rules: readonly (typeof rule & { service_name?: string })[]) =>
  processFinder(rules, { proc, attributes: { env: 'x' } });

it('finds processes by name and command line, the first rule that fits', async () => {
  show(10, { name: 'kv', args: ['kv', '--port=6060'], start: 100 });
  show(11, { name: 'odd) (name', args: ['odd', '--port=6061'], start: 100 });
  show(12, { name: 'kv', args: [], start: 100 });
  show(13, { name: 'other', args: ['other', '--port=6062'], start: 100 });
  mkdirSync(join(proc, '14'));
  const { targets, wrong } = await finder(rule, { ...rule, name: 'kv|odd', service_name: '{name}-{port}' })();
  expect(wrong).toBeUndefined();
  expect(targets.map(({ url, resource }) => [url.href, resource['service.name'], resource['process.pid']])).toEqual([
    ['http://localhost:6060/', 'kv', 10],
    ['http://localhost:6061/', 'odd) (name-6061', 11],
  ]);
  expect(targets[0]!.resource).toMatchObject({ env: 'x', 'server.port': 6060 });
});

it('a child that has just been forked, with all that its parent has, is no target of its own', async () => {
  show(20, { name: 'kv', args: ['kv', '--port=6060'], start: 200 });
  show(19, { name: 'kv', args: ['kv', '--port=6060'], start: 205 });
  show(21, { name: 'kv', args: ['kv', '--port=6060'], start: 210 });
  const find = finder(rule);
  expect((await find()).targets.map(({ resource }) => resource['process.pid'])).toEqual([20]);
  rmSync(join(proc, '20'), { recursive: true });
  expect((await find()).targets.map(({ resource }) => resource['process.pid'])).toEqual([19]);
});

it('says which command line makes no URL, and takes no port for granted', async () => {
  show(10, { name: 'kv', args: ['kv', '--port='], start: 100 });
  show(11, { name: 'kv', args: ['kv', '--port=99999'], start: 100 });
  show(12, { name: 'kv', args: ['kv', '--port=6060'], start: 100 });
  const { targets, wrong } = await finder(rule)();
  expect(targets).toHaveLength(1);
  expect(wrong?.message).toBe('The command line of a process kv makes no URL of http://localhost:{port}');
});

it('knows whether it is still the same process, also when its pid is taken again', async () => {
  show(10, { name: 'kv', args: ['kv', '--port=6060'], start: 100 });
  const find = finder(rule);
  const [first] = (await find()).targets;
  expect(first!.isThere!()).toBe(true);
  show(10, { name: 'kv', args: ['kv', '--port=6060'], start: 101 });
  expect(first!.isThere!()).toBe(false);
  const [second] = (await find()).targets;
  expect(second!.key).not.toBe(first!.key);
  rmSync(join(proc, '10'), { recursive: true });
  expect(second!.isThere!()).toBe(false);
});

it('what cannot be read for another reason is not taken to be gone', async () => {
  show(10, { name: 'kv', args: ['kv', '--port=6060'], start: 100 });
  const find = finder(rule);
  const [target] = (await find()).targets;
  rmSync(join(proc, '10/stat'));
  mkdirSync(join(proc, '10/stat'));
  expect(target!.isThere!()).toBe(true);
  await expect(find()).rejects.toThrow(/EISDIR/);
});

it('rejects if processes cannot be listed', async () => {
  await expect(processFinder([rule], { proc: join(proc, 'none'), attributes: {} })()).rejects.toThrow(/ENOENT/);
});
