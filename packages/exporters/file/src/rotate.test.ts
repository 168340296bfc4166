import { readdir, stat, writeFile } from 'node:fs/promises';
import { manualClock, testContext } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { at, deadline, directory, exporter, linesOf, logs } from '../testdata/writing.ts';

describe('rotation', () => {
  test('a file is renamed when it is full, and too many are deleted', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    const rotation = { max_megabytes: 1, max_backups: 2 };
    const one = await exporter({ rotation }, testContext({ clock }));
    const body = 'x'.repeat(300 * 1024);
    for (let index = 0; index < 14; index++) {
      await one.consume(logs(`${index} ${body}`));
      await clock.advance(1000);
    }
    await one.shutdown!(deadline());
    const names = (await readdir(directory)).sort();
    expect(names).toEqual(['out-2026-01-02T03-04-14.678.jsonl', 'out-2026-01-02T03-04-17.678.jsonl', 'out.jsonl']);
    const numbers: number[] = [];
    for (const name of names) {
      expect((await stat(at(name))).size).toBeLessThan(1024 * 1024);
      for (const line of await linesOf(at(name))) numbers.push(Number(/"stringValue":"(\d+) /.exec(line)![1]));
    }
    expect(numbers).toEqual([6, 7, 8, 9, 10, 11, 12, 13]);
  });

  test('files that are too old are deleted, and nothing else is', async () => {
    const clock = manualClock(Date.UTC(2026, 0, 10));
    for (const name of ['out-2026-01-01T00-00-00.000.jsonl', 'out-2026-01-09T00-00-00.000.jsonl', 'out-of-here.jsonl'])
      await writeFile(at(name), '');
    await writeFile(at('out.jsonl'), `${'{}'.repeat(1024 * 512)}\n`);
    const one = await exporter({ rotation: { max_days: 3, max_megabytes: 1 } }, testContext({ clock }));
    await one.consume(logs('x'));
    await one.shutdown!(deadline());
    expect((await readdir(directory)).sort()).toEqual([
      'out-2026-01-09T00-00-00.000.jsonl',
      'out-2026-01-10T00-00-00.000.jsonl',
      'out-of-here.jsonl',
      'out.jsonl',
    ]);
  });
});
