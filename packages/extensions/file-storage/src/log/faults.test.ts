import type { FileHandle } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RefusedError } from '@millrace/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import { openRecordLog } from './log.ts';
import type { Entry, LogEvents } from './log.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-faults-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Faults {
  /** Called before each call; throws what the call is to throw. */
  before(call: string): void;
  /** How many bytes a write may take. */
  readonly mouthful?: number;
}

const changing = new Set(['writev', 'datasync', 'truncate', 'sync', 'close', 'read', 'stat']);

/** A disk of which each call can be made to fail. */
function faulty(faults: Faults): Disk {
  const wrap = (file: FileHandle): FileHandle =>
    new Proxy(file, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function' || !changing.has(String(key)))
          return typeof value === 'function' ? value.bind(target) : value;
        return async (...parameters: unknown[]) => {
          if (key === 'close') await target.close();
          faults.before(String(key));
          if (key === 'close') return;
          if (key === 'writev' && faults.mouthful !== undefined) {
            const [first] = (parameters[0] as Uint8Array[]).filter(({ length }) => length > 0);
            parameters[0] = [first!.subarray(0, faults.mouthful)];
          }
          return Reflect.apply(value, target, parameters) as unknown;
        };
      },
    });
  const checked =
    <P extends unknown[], R>(name: string, call: (...parameters: P) => Promise<R>) =>
    async (...parameters: P): Promise<R> => {
      faults.before(name);
      return call(...parameters);
    };
  return {
    ...realDisk,
    open: async (...parameters) => wrap(await checked('open', realDisk.open)(...parameters)),
    unlink: checked('unlink', realDisk.unlink),
    rename: checked('rename', realDisk.rename),
  };
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: made up`), { code });

interface Outcome {
  readonly stored: string[];
  readonly refused: string[];
  readonly acknowledged: string[];
  readonly delivered: string[];
}

/** Appends, reads and acknowledges a while, restarts, and reads what is left. */
async function live(disk: Disk, events: LogEvents = {}): Promise<Outcome> {
  const outcome: Outcome = { stored: [], refused: [], acknowledged: [], delivered: [] };
  const log = await openRecordLog({ directory, segmentBytes: 1200, disk, events });
  const texts = Array.from({ length: 24 }, (_, index) => `${String(index).padStart(2, '0')}${'.'.repeat(150)}`);
  for (let from = 0; from < texts.length; from += 3) {
    await Promise.all(
      texts.slice(from, from + 3).map((text) =>
        log.append([Buffer.from(text.slice(0, 1)), Buffer.from(text.slice(1))], { items: 1 }).then(
          () => outcome.stored.push(text.slice(0, 2)),
          (error) => {
            expect(error).toBeInstanceOf(RefusedError);
            outcome.refused.push(text.slice(0, 2));
          },
        ),
      ),
    );
    if (from % 6 === 0) continue;
    const record = await log.read();
    if (record === undefined) continue;
    outcome.acknowledged.push(record.bytes.toString().slice(0, 2));
    log.ack(record.entry);
  }
  await log.close();
  const again = await openRecordLog({ directory });
  for (let record = await again.read(); record !== undefined; record = await again.read())
    outcome.delivered.push(record.bytes.toString().slice(0, 2));
  await again.close();
  return outcome;
}

describe('whichever call fails', () => {
  test.each(['ENOSPC', 'EIO'])(
    'with %s, what was stored is delivered and what was refused is not',
    { timeout: 60_000 },
    async (code) => {
      let calls = 0;
      await live(faulty({ before: () => void calls++ }));
      expect(calls).toBeGreaterThan(50);
      for (let failing = 1; failing <= calls; failing++) {
        await rm(directory, { recursive: true });
        let call = 0;
        let name = '';
        const outcome = await live(
          faulty({
            before(what) {
              if (++call !== failing) return;
              name = what;
              throw failure(code);
            },
          }),
        ).catch((error: Error) => expect.fail(`call ${failing} (${name}): ${error.message}`));
        const { stored, refused, acknowledged, delivered } = outcome;
        const about = `call ${failing} (${name})`;
        expect(
          stored.filter((text) => !delivered.includes(text) && !acknowledged.includes(text)),
          about,
        ).toEqual([]);
        expect(
          delivered.filter((text) => refused.includes(text)),
          about,
        ).toEqual([]);
        expect(
          acknowledged.filter((text) => refused.includes(text)),
          about,
        ).toEqual([]);
        expect(delivered, about).toEqual([...new Set(delivered)].sort());
        expect(refused.length, about).toBeLessThanOrEqual(3);
      }
    },
  );

  test('writes that take a few bytes at a time are complete in the end', async () => {
    const { stored, delivered, acknowledged } = await live(faulty({ before: () => {}, mouthful: 7 }));
    expect(stored).toHaveLength(24);
    expect([...acknowledged, ...delivered]).toEqual(stored);
  });
});

test('as long as the disk is full it refuses and delivers, and goes on by itself', async () => {
  let isFull = false;
  const said: string[] = [];
  const disk = faulty({
    before(call) {
      if (isFull && (call === 'writev' || call === 'datasync')) throw failure(call === 'writev' ? 'ENOSPC' : 'EDQUOT');
    },
  });
  const log = await openRecordLog({
    directory,
    disk,
    events: { trouble: (error) => said.push(String(error)), recovered: () => said.push('recovered') },
  });
  const add = (text: string): Promise<Entry> => log.append([Buffer.from(text)], { items: 1 });
  await add('before');
  isFull = true;
  await expect(add('refused')).rejects.toThrow(/Not stored in .*: there is no space left on the disk\./);
  const record = await log.read();
  expect(record?.bytes.toString()).toBe('before');
  log.ack(record!.entry);
  isFull = false;
  await add('after');
  expect((await log.read())?.bytes.toString()).toBe('after');
  expect(await log.read()).toBeUndefined();
  expect(said).toEqual(['Error: ENOSPC: made up', 'recovered']);
  await log.close();
});

const mount = (): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

test('a real disk that is full: refused, delivered, restarted, and taken again', async ({ skip }) => {
  if (!mount()) {
    console.warn('SKIPPED: no tmpfs can be mounted here, so a full disk was not tried.');
    skip('no tmpfs can be mounted');
  }
  try {
    const queue = join(directory, 'queue');
    const options = { directory: queue, segmentBytes: 1024 * 1024 };
    let log = await openRecordLog(options);
    const text = Buffer.alloc(100_000, 'x');
    const stored: number[] = [];
    const append = (number: number): Promise<Entry> => log.append([Buffer.from(`${number} `), text], { items: 1 });
    for (let number = 0; number < 120; number++)
      await append(number).then(
        () => stored.push(number),
        (error) => expect(error).toBeInstanceOf(RefusedError),
      );
    expect(stored.length).toBeGreaterThan(50);
    expect(stored.length).toBeLessThan(90);
    const deliver = async (until: number): Promise<number[]> => {
      const numbers: number[] = [];
      while (numbers.length < until) {
        const record = await log.read();
        if (record === undefined) break;
        numbers.push(Number.parseInt(record.bytes.subarray(0, 10).toString(), 10));
        log.ack(record.entry);
      }
      return numbers;
    };
    const first = await deliver(25);
    await log.close();
    log = await openRecordLog(options);
    const second = await deliver(25);
    await expect
      .poll(() =>
        append(1000).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    const third = await deliver(1000);
    expect(third.pop()).toBe(1000);
    expect([...new Set([...first, ...second, ...third])]).toEqual(stored);
    expect(second[0]).toBeGreaterThan(first.at(-1)! - 11);
    await log.close();
    expect(await readdir(queue)).toEqual([]);
  } finally {
    execFileSync('umount', [directory]);
  }
});
