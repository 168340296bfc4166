import { rename, stat, symlink } from 'node:fs/promises';
import { manualClock, render, testContext } from '@millrace/core/testing';
import { batchFromJson } from '@millrace/otlp';
import { describe, expect, test } from 'vitest';
import { at, deadline, exporter, linesOf, logs } from '../testdata/writing.ts';

describe('the file', () => {
  test('is emptied at the start, or added to with append', async () => {
    for (const [append, count] of [
      [false, 1],
      [true, 2],
      [false, 1],
    ] as const) {
      const one = await exporter({ append });
      await one.consume(logs('x'));
      await one.shutdown!(deadline());
      expect(await linesOf(at('out.jsonl'))).toHaveLength(count);
    }
  });

  test('is made again when somebody took it away', async () => {
    const clock = manualClock();
    const one = await exporter({ append: true }, testContext({ clock }));
    await one.consume(logs('a'));
    await rename(at('out.jsonl'), at('taken.jsonl'));
    await clock.advance(1500);
    await one.consume(logs('b'));
    await one.shutdown!(deadline());
    expect((await linesOf(at('taken.jsonl'))).length).toBe(1);
    expect((await linesOf(at('out.jsonl'))).length).toBe(1);
  });

  test('its directory is made if that is wanted', async () => {
    const path = at('a', 'b', 'out.jsonl');
    await expect(exporter({ path })).rejects.toThrow(/ENOENT/);
    const one = await exporter({ path, create_directory: true, directory_permissions: '0700' });
    await one.consume(logs('x'));
    await one.shutdown!(deadline());
    expect((await stat(at('a', 'b'))).mode & 0o777).toBe(0o700);
  });

  test('takes many at once, each whole', async () => {
    const one = await exporter({ fsync: true });
    const bodies = Array.from({ length: 500 }, (_, index) => `${index} ${'x'.repeat((index * 7919) % 5000)}`);
    await Promise.all(bodies.map((body) => one.consume(logs(body))));
    await one.shutdown!(deadline());
    const lines = await linesOf(at('out.jsonl'));
    expect(lines.map((line) => render(batchFromJson('logs', Buffer.from(line))))).toEqual(
      bodies.map((body) => render(logs(body))),
    );
  });
});

test('a file that is a link, and a device, are written to', async () => {
  await symlink(at('real.jsonl'), at('out.jsonl'));
  const one = await exporter({});
  await one.consume(logs('x'));
  await one.shutdown!(deadline());
  expect(await linesOf(at('real.jsonl'))).toHaveLength(1);
  const device = await exporter({ path: '/dev/null' });
  await device.consume(logs('x'));
  await device.shutdown!(deadline());
});
