import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, symlink } from 'node:fs/promises';
import type { LogsBatch } from '@millrace/core';
import { logsBatch, resourcesOf } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { at, deadline, directory, exporter, framesOf, linesOf, logs } from '../testdata/writing.ts';

describe('group_by', () => {
  const config = (more: object = {}) => ({
    path: at('logs', 'app-*.jsonl'),
    group_by: { enabled: true, resource_attribute: 'tenant', ...more },
  });

  test('each value has its file; what has none is counted', async () => {
    const one = await exporter(config({ max_open_files: 2 }));
    for (let round = 0; round < 3; round++)
      for (const tenant of ['a', 'b', 'c', 'd/e']) await one.consume(logs(`${tenant}${round}`, { tenant }));
    await one.consume(logs('none'));
    await one.shutdown!(deadline());
    expect((await readdir(at('logs'), { recursive: true })).sort()).toEqual([
      'app-a.jsonl',
      'app-b.jsonl',
      'app-c.jsonl',
      'app-d',
      'app-d/e.jsonl',
    ]);
    expect(await linesOf(at('logs', 'app-a.jsonl'))).toHaveLength(3);
    expect(await linesOf(at('logs', 'app-d', 'e.jsonl'))).toHaveLength(3);
  });

  test.each([
    '../../outside',
    '..',
    '../',
    '/etc/passwd',
    './../x',
    'a/../../b',
    '....//x',
    'nul\0byte',
    'x'.repeat(5000),
    '',
    '/',
    '\n',
    '%2e%2e/x',
  ])('no value leads out of the directory: %j', async (tenant) => {
    for (const [index, pattern] of ['*.jsonl', '*', '.*', '*/x', 'a*', '*.', '..*'].entries()) {
      const path = at('in', String(index), pattern);
      const one = await exporter({ path, group_by: { enabled: true, resource_attribute: 'tenant' } });
      await one.consume(logs('x', { tenant }));
      await one.shutdown!(deadline());
    }
    for (const name of await readdir(directory)) expect(name).toBe('in');
    for (const name of await readdir(at('in')).catch(() => [])) expect(name).toMatch(/^[0-6]$/);
  });

  test('a value that can have no file does not hold up the others', async () => {
    const context = testContext();
    const path = at('logs', '*');
    const one = await exporter({ path, group_by: { enabled: true, resource_attribute: 'tenant' } }, context);
    for (const tenant of ['a', 'a/b', 'c']) await one.consume(logs(tenant, { tenant }));
    await one.shutdown!(deadline());
    expect((await readdir(at('logs'))).sort()).toEqual(['a', 'c']);
    expect(context.lines.map(({ level }) => level)).toEqual(['warn']);
  });

  test('a file whose next record is being made is not left open', async () => {
    const one = await exporter({ ...config({ max_open_files: 1 }), format: 'proto', compression: 'zstd' });
    await one.consume(logs('first', { tenant: 'b' }));
    const slow = one.consume(logs(randomBytes(3_000_000).toString('hex'), { tenant: 'b' }));
    for (const tenant of ['a', 'c']) await one.consume(logs('x', { tenant }));
    await slow;
    await one.consume(logs('last', { tenant: 'b' }));
    await one.shutdown!(deadline());
    expect(await framesOf(at('logs', 'app-b.jsonl'))).toHaveLength(3);
  });

  test('what fails in one file does not come twice into the others', async () => {
    await mkdir(at('logs'));
    await symlink('app-b.jsonl', at('logs', 'app-b.jsonl')); // it leads to itself: it cannot be opened
    const one = await exporter(config());
    const batch = logsBatch([
      ...resourcesOf(logs('1', { tenant: 'a' }) as LogsBatch),
      ...resourcesOf(logs('2', { tenant: 'b' }) as LogsBatch),
    ]);
    await expect(one.consume(batch)).rejects.toThrow(/app-b/);
    await rm(at('logs', 'app-b.jsonl'), { recursive: true });
    await one.consume(batch);
    await one.shutdown!(deadline());
    expect(await linesOf(at('logs', 'app-a.jsonl'))).toHaveLength(1);
    expect(await linesOf(at('logs', 'app-b.jsonl'))).toHaveLength(1);
  });
});
