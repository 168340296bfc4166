import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { zstdDecompressSync } from 'node:zlib';
import {
  type Batch,
  type LogsBatch,
  logsBatch,
  PermanentError,
  profilesBatch,
  resolveConfig,
  resourcesOf,
  type Signal,
  tracesBatch,
} from '@millrace/core';
import { frozenBatch, manualClock, render, testContext } from '@millrace/core/testing';
import { batchFromJson, batchFromRequest, encode } from '@millrace/otlp';
import { encodeProfiles } from '@millrace/otlp-profiles';
import { fromStacks } from '@millrace/pprof';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import definition from './index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-file-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const at = (...names: string[]): string => join(directory, ...names);
const deadline = (): AbortSignal => AbortSignal.timeout(5000);

async function exporter(config: object, context = testContext()) {
  const resolved = resolveConfig(definition.config, { path: at('out.jsonl'), ...config } as never);
  const instance = definition.create(resolved as never, context);
  await instance.start!();
  return instance;
}

const logs = (body: string, attributes: Record<string, string> = {}): Batch =>
  logsBatch([
    {
      resource: { attributes },
      scopeLogs: [{ scope: { name: 's' }, logRecords: [{ observedTime: [1, 2], body, attributes: { n: 2n ** 60n } }] }],
    },
  ]);

const traces = tracesBatch([
  {
    resource: { attributes: {} },
    scopeSpans: [
      {
        scope: { name: 's' },
        spans: [
          {
            traceId: '0123456789abcdef0123456789abcdef',
            spanId: '0123456789abcdef',
            name: 'GET /',
            kind: 2,
            startTime: [1, 0],
            endTime: [2, 0],
            attributes: {},
          },
        ],
      },
    ],
  } as never,
]);

const encoded = encodeProfiles([
  {
    resource: { 'service.name': 'shop' },
    profile: fromStacks([{ frames: ['main', 'work'], values: [2n ** 60n + 1n] }], {
      sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
      timeNanos: 1_760_000_000_123_456_789n,
    }),
  },
]);
const profiles = profilesBatch(encoded.request, encoded.samples);

const signalOf = (line: string): Signal =>
  line.startsWith('{"resourceMetrics"') ? 'metrics' : line.startsWith('{"resourceLogs"') ? 'logs' : 'traces';

const linesOf = async (path: string): Promise<string[]> => (await readFile(path, 'utf8')).split('\n').slice(0, -1);

async function framesOf(path: string): Promise<Buffer[]> {
  const bytes = await readFile(path);
  const frames: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = from + 4 + bytes.readUInt32BE(from);
    frames.push(bytes.subarray(from + 4, end));
    from = end;
  }
  return frames;
}

describe('what is written', () => {
  const batches = [frozenBatch(), logs('one\ntwo "quoted" \u2028', { host: 'ä' }), traces];

  test('json: a request a line, which our decoder reads back', async () => {
    const one = await exporter({});
    for (const batch of batches) await one.consume(batch);
    await one.shutdown!(deadline());
    const lines = await linesOf(at('out.jsonl'));
    expect(lines.map(signalOf)).toEqual(['metrics', 'logs', 'traces']);
    expect(lines.map((line) => render(batchFromJson(signalOf(line), Buffer.from(line))))).toEqual(batches.map(render));
    expect((await stat(at('out.jsonl'))).mode & 0o777).toBe(0o600);
  });

  test.each([
    [{ format: 'proto' }, (frame: Buffer) => frame],
    [{ format: 'proto', compression: 'zstd' }, zstdDecompressSync],
  ] as const)('%o: requests after their lengths', async (config, open) => {
    const one = await exporter(config);
    for (const batch of batches) await one.consume(batch);
    await one.consume(profiles);
    await one.shutdown!(deadline());
    const frames = (await framesOf(at('out.jsonl'))).map((frame) => open(frame));
    expect(frames.slice(0, 3).map((frame) => Buffer.from(frame))).toEqual(
      batches.map((batch) => Buffer.from(encode(batch))),
    );
    expect(Buffer.from(frames[3]!)).toEqual(Buffer.from(encoded.request));
    expect(render(batchFromRequest('logs', Buffer.from(frames[1]!)))).toBe(render(batches[1]!));
  });

  test('json, compressed: after its length too', async () => {
    const one = await exporter({ compression: 'zstd' });
    await one.consume(logs('a'));
    await one.shutdown!(deadline());
    const [frame] = await framesOf(at('out.jsonl'));
    expect(zstdDecompressSync(frame!).toString()).toContain('"stringValue":"a"');
  });

  test('profiles in a line of JSON', async () => {
    const one = await exporter({});
    await one.consume(profiles);
    await one.shutdown!(deadline());
    const [line] = await linesOf(at('out.jsonl'));
    const { resourceProfiles, dictionary } = JSON.parse(line!) as {
      resourceProfiles: {
        scopeProfiles: { profiles: { timeUnixNano: string; samples: { values: string[] }[] }[] }[];
      }[];
      dictionary: { stringTable: string[] };
    };
    expect(dictionary.stringTable).toEqual(expect.arrayContaining(['', 'main', 'work', 'cpu', 'service.name']));
    const [profile] = resourceProfiles[0]!.scopeProfiles[0]!.profiles;
    expect(profile!.timeUnixNano).toBe('1760000000123456789');
    expect(profile!.samples.map(({ values }) => values)).toEqual([['1152921504606846977']]);
  });

  test('what are no profiles are refused for good', async () => {
    const one = await exporter({});
    await expect(one.consume(profilesBatch(Buffer.from([0x0a, 0x7f]), 1))).rejects.toThrow(PermanentError);
    await one.shutdown!(deadline());
    expect(await linesOf(at('out.jsonl'))).toEqual([]);
  });
});

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

  test.each([
    [{}, (size: number) => size - 10],
    [{ format: 'proto' }, (size: number) => size - 10],
    [{ format: 'proto' }, (size: number) => size + 3],
  ])('a part of a record that a crash left is cut off: %o', async (config, torn) => {
    const first = await exporter({ ...config, append: true });
    await first.consume(logs('whole'));
    const { size } = await stat(at('out.jsonl'));
    await first.consume(logs('torn'));
    await first.shutdown!(deadline());
    await truncate(at('out.jsonl'), torn(torn(0) > 0 ? size : (await stat(at('out.jsonl'))).size));
    const context = testContext();
    const second = await exporter({ ...config, append: true }, context);
    await second.consume(logs('after'));
    await second.shutdown!(deadline());
    const bodies =
      'format' in config
        ? (await framesOf(at('out.jsonl'))).map((frame) => render(batchFromRequest('logs', frame)))
        : (await linesOf(at('out.jsonl'))).map((line) => render(batchFromJson('logs', Buffer.from(line))));
    expect(bodies).toEqual([render(logs('whole')), render(logs('after'))]);
    expect(context.lines.map(({ message }) => message)).toEqual([
      'The file ended in a part of a record, which has been cut off.',
    ]);
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

test.each([
  [
    { path: '/x/a.jsonl', group_by: { enabled: true } },
    'With group_by, the path needs exactly one *, such as /var/log/*.jsonl.',
  ],
  [{ path: '*.jsonl', group_by: { enabled: true } }, 'Must not begin with *: the data would choose the directory.'],
  [{ path: '/x/' }, 'Must be a file, and is a directory.'],
  [{ path: '/x/a' }, undefined],
])('check %o', (config, message) => {
  const resolved = resolveConfig(definition.config, config as never);
  expect(definition.check!(resolved as never)[0]?.message).toBe(message);
});

test('a full disk refuses, leaves no part of a record, and takes again when there is room', async ({ skip }) => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    console.warn('SKIPPED: no tmpfs can be mounted here, so a full disk was not tried.');
    skip('no tmpfs can be mounted');
  }
  try {
    await writeFile(at('ballast'), Buffer.alloc(512 * 1024));
    const one = await exporter({});
    const body = 'x'.repeat(30_000);
    let taken = 0;
    let refused: unknown;
    for (; refused === undefined; taken++) await one.consume(logs(body)).catch((error: unknown) => (refused = error));
    taken--;
    expect(refused).toMatchObject({ message: expect.stringContaining('ENOSPC') as string });
    expect(refused).not.toBeInstanceOf(PermanentError);
    expect(taken).toBeGreaterThan(5);
    const text = await readFile(at('out.jsonl'), 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(text.split('\n').length - 1).toBe(taken);
    await rm(at('ballast'));
    await one.consume(logs(body));
    await one.shutdown!(deadline());
    const lines = await linesOf(at('out.jsonl'));
    expect(lines).toHaveLength(taken + 1);
    for (const line of lines) batchFromJson('logs', Buffer.from(line));
  } finally {
    execFileSync('umount', [directory]);
  }
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

const child = `
import { writeSync } from 'node:fs';
import { logsBatch, resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
const { default: definition } = await import(process.argv[1]);
const config = resolveConfig(definition.config, { path: process.argv[2], append: true });
const one = definition.create(config, testContext());
await one.start();
const record = (body) => ({ observedTime: [1, 0], body, attributes: {} });
for (let lane = 0; lane < 4; lane++) void (async () => {
  for (let index = 0; ; index++) {
    const body = process.argv[3] + '-' + lane + '-' + index;
    const logRecords = [record(body), record('x'.repeat((index * 7919) % 20000))];
    await one.consume(logsBatch([{ resource: { attributes: {} }, scopeLogs: [{ scope: { name: '' }, logRecords }] }]));
    writeSync(1, body + '\\n');
  }
})();
`;

test('what was acknowledged is in the file after SIGKILL', { timeout: 60_000 }, async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const script = new URL('./index.ts', import.meta.url).href;
    const args = ['-C', 'source', '--input-type=module', '-e', child, script, at('out.jsonl'), String(round)];
    const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname });
    const lines = createInterface({ input: process_.stdout });
    let seen = 0;
    lines.on('line', (line) => {
      acknowledged.push(line);
      if (++seen === 50 + round * 40) process_.kill('SIGKILL');
    });
    await once(lines, 'close');
  }
  const last = await exporter({ append: true });
  await last.shutdown!(deadline());
  const text = await readFile(at('out.jsonl'), 'utf8');
  const found = new Set([...text.matchAll(/"stringValue":"(\d+-\d+-\d+)"/g)].map(([, body]) => body!));
  expect(acknowledged.length).toBeGreaterThan(200);
  expect(acknowledged.filter((body) => !found.has(body))).toEqual([]);
  for (const line of text.split('\n').slice(0, -1)) batchFromJson('logs', Buffer.from(line));
});
