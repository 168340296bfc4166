import {
  appendFileSync,
  copyFileSync,
  existsSync,
  linkSync,
  renameSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  type Attributes,
  itemCount,
  type LogRecord,
  memoryStorage,
  PermanentError,
  resolveConfig,
  type Storage,
  systemClock,
} from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import definition from './index.ts';

let directory: string;
let running: (() => Promise<void>)[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-file-log-'));
});
afterEach(async () => {
  for (const stop of running) await stop();
  running = [];
  await rm(directory, { recursive: true, force: true });
});

const at = (name: string): string => join(directory, name);

interface Flow {
  readonly next: ReturnType<typeof sink>;
  readonly context: ReturnType<typeof testContext>;
  bodies(): unknown[];
  records(): (LogRecord & { resource: Attributes })[];
  /** Waits until so many have come. */
  until(count: number): Promise<void>;
  stop(): Promise<void>;
}

async function follow(config: object, storage: Storage = memoryStorage()): Promise<Flow> {
  const next = sink();
  const context = testContext({ clock: systemClock, storage });
  const resolved = resolveConfig(definition.config, {
    include: [at('*.log')],
    start_at: 'beginning',
    poll_interval: '10ms',
    force_flush_period: '100ms',
    retry_on_failure: { initial_interval: '20ms' },
    ...config,
  } as never);
  expect(definition.check!(resolved as never)).toEqual([]);
  const receiver = definition.create(resolved as never, context, next);
  await receiver.start!();
  const stop = () => receiver.shutdown!(AbortSignal.timeout(2000));
  running.push(stop);
  const records = () =>
    next.batches.flatMap((batch) =>
      batch.signal === 'logs'
        ? batch.resourceLogs.flatMap(({ resource, scopeLogs }) =>
            scopeLogs.flatMap(({ logRecords }) =>
              logRecords.map((record) => ({ ...record, resource: resource.attributes })),
            ),
          )
        : [],
    );
  return {
    next,
    context,
    records,
    bodies: () => records().map(({ body }) => body),
    until: (count) => expect.poll(() => records().length).toBeGreaterThanOrEqual(count),
    stop,
  };
}

describe('records', () => {
  test.each([
    ['lines, without white space around them', 'a\r\n  b \n\n\n c', {}, ['a', 'b', 'c']],
    [
      'white space, if wanted',
      ' a \r\n\tb\n',
      { preserve_leading_whitespaces: true, preserve_trailing_whitespaces: true },
      [' a ', '\tb'],
    ],
    ['long ones are split', 'abcdefgh\nij\n', { max_log_size: '3' }, ['abc', 'def', 'gh', 'ij']],
    ['no character is cut in two', 'aä€𝄞\n', { max_log_size: '4' }, ['aä', '€', '𝄞']],
    ['a byte order mark', '\ufeffa\n', {}, ['a']],
    ['holes that a truncation left', '\0\0\0\0a\n\0b\n', {}, ['a', 'b']],
    [
      'line_start_pattern',
      '1 a\n  b\n2 c\n3 d\n  e\n',
      { multiline: { line_start_pattern: '^\\d' } },
      ['1 a\n  b', '2 c', '3 d\n  e'],
    ],
    ['what is before the first', 'x\n1 a\n', { multiline: { line_start_pattern: '^\\d' } }, ['x', '1 a']],
    [
      'line_start_pattern, left out',
      '# a\n# b\n',
      { multiline: { line_start_pattern: '# ', omit_pattern: true } },
      ['a', 'b'],
    ],
    ['line_end_pattern', 'a\nb;\nc;\n', { multiline: { line_end_pattern: ';' } }, ['a\nb;', 'c;']],
    [
      'line_end_pattern, left out',
      'a--b--c',
      { multiline: { line_end_pattern: '--', omit_pattern: true } },
      ['a', 'b', 'c'],
    ],
    ['patterns beyond ASCII', '→ a\nb\n→ c\n', { multiline: { line_start_pattern: '^→' } }, ['→ a\nb', '→ c']],
  ] as const)('%s', async (_name, text, config, want) => {
    writeFileSync(at('a.log'), text);
    const flow = await follow(config);
    await flow.until(want.length);
    await sleep(150);
    expect(flow.bodies()).toEqual(want);
  });

  test.each([
    ['utf-16le', Buffer.from('aĊ ä\nb\u0a00c\n', 'utf16le'), ['aĊ ä', 'b\u0a00c']],
    ['utf-16be', Buffer.from('aĊ\nb\n', 'utf16le').swap16(), ['aĊ', 'b']],
    ['latin1', Buffer.from('\xe4\n', 'latin1'), ['ä']],
    ['shift_jis', Buffer.from([0x83, 0x65, 10]), ['テ']],
  ])('encoding %s', async (encoding, bytes, want) => {
    writeFileSync(at('a.log'), bytes);
    const flow = await follow({ encoding });
    await flow.until(want.length);
    expect(flow.bodies()).toEqual(want);
  });

  test('encoding nop hands on bytes', async () => {
    writeFileSync(at('a.log'), Buffer.from([1, 10, 255]));
    const flow = await follow({ encoding: 'nop' });
    await flow.until(1);
    expect(flow.bodies()).toEqual([Buffer.from([1, 10, 255])]);
  });

  test('the attributes of the file', async () => {
    writeFileSync(at('real.txt'), 'a\nb\n');
    symlinkSync('real.txt', at('link.log'));
    const flow = await follow({
      include_file_path: true,
      include_file_name_resolved: true,
      include_file_path_resolved: true,
      include_file_owner_name: true,
      include_file_owner_group_name: true,
      include_file_record_number: true,
      include_file_record_offset: true,
      attributes: { env: 'test' },
      resource: { 'service.name': 'shop' },
    });
    await flow.until(2);
    expect(flow.records()[1]).toMatchObject({
      body: 'b',
      resource: { 'service.name': 'shop' },
      attributes: {
        env: 'test',
        'log.file.name': 'link.log',
        'log.file.path': at('link.log'),
        'log.file.name_resolved': 'real.txt',
        'log.file.path_resolved': at('real.txt'),
        'log.file.owner.name': 'root',
        'log.file.owner.group.name': 'root',
        'log.file.record_number': 2,
        'log.file.record_offset': 2,
      },
    });
  });

  test('a large file comes whole and in order, in batches that are bounded', async () => {
    const lines = Array.from({ length: 60_000 }, (_, index) => `${index} x${'x'.repeat(index % 90)}`);
    writeFileSync(at('a.log'), `${lines.join('\n')}\n`);
    const flow = await follow({});
    await flow.until(lines.length);
    expect(flow.bodies()).toEqual(lines);
    expect(Math.max(...flow.next.batches.map(itemCount))).toBeLessThanOrEqual(2000);
  });
});

describe('files', () => {
  test('those that are there begin at their end, later ones at their beginning', async () => {
    writeFileSync(at('old.log'), 'skipped\n');
    const flow = await follow({ start_at: 'end' });
    const read = (): readonly unknown[] => {
      appendFileSync(at('old.log'), 'read\n');
      return flow.bodies();
    };
    await expect.poll(read).toContain('read');
    writeFileSync(at('new.log'), 'all\n');
    await expect.poll(() => flow.bodies()).toContain('all');
    expect(new Set(flow.bodies())).toEqual(new Set(['read', 'all']));
  });

  test('under several names come once', async () => {
    writeFileSync(at('a.log'), 'x\n');
    linkSync(at('a.log'), at('b.log'));
    symlinkSync('a.log', at('c.log'));
    const flow = await follow({ include: [at('*.log'), at('a.log')] });
    await flow.until(1);
    await sleep(100);
    expect(flow.bodies()).toEqual(['x']);
  });

  test('that no pattern finds any more are read to their end', async () => {
    writeFileSync(at('a.log'), '1\n');
    const flow = await follow({});
    await flow.until(1);
    renameSync(at('a.log'), at('a.old'));
    await sleep(50);
    appendFileSync(at('a.old'), '2\n');
    writeFileSync(at('a.log'), '3\n');
    await flow.until(3);
    expect(flow.bodies().map(String).toSorted()).toEqual(['1', '2', '3']);
  });

  test('that are cut off are read from their beginning', async () => {
    writeFileSync(at('a.log'), '1 first\n');
    const flow = await follow({});
    await flow.until(1);
    truncateSync(at('a.log'));
    appendFileSync(at('a.log'), '2 second, longer than the first\n');
    await flow.until(2);
    expect(flow.bodies()).toEqual(['1 first', '2 second, longer than the first']);
  });

  test('that begin alike are different files once they differ', async () => {
    const header = `${'='.repeat(2000)}\n`;
    writeFileSync(at('a.log'), `${header}a\n`);
    const flow = await follow({});
    await flow.until(2);
    writeFileSync(at('b.log'), header);
    await sleep(50);
    appendFileSync(at('b.log'), 'b\n');
    await flow.until(4);
    expect(flow.bodies().slice(2)).toEqual([header.trim(), 'b']);
  });

  test('that were rotated and compressed while it did not run are read on', async () => {
    const storage = memoryStorage();
    const config = { include: [at('a.log*')], compression: 'auto', storage: 'file_storage' };
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index}\n`);
    writeFileSync(at('a.log'), lines.slice(0, 200).join(''));
    const first = await follow(config, storage);
    await first.until(200);
    await first.stop();
    writeFileSync(at('a.log.1.gz'), gzipSync(lines.join('')));
    unlinkSync(at('a.log'));
    writeFileSync(at('a.log'), 'new\n');
    const second = await follow(config, storage);
    await second.until(101);
    await sleep(100);
    expect(second.bodies()).toHaveLength(101);
    expect(second.bodies()).toContain('line 299');
    expect(second.bodies()).toContain('new');
  });

  test('a copy that no truncation follows is not read', async () => {
    writeFileSync(at('a.log'), 'a\nb\n');
    const flow = await follow({});
    await flow.until(2);
    copyFileSync(at('a.log'), at('copy.log'));
    appendFileSync(at('a.log'), 'c\n');
    await flow.until(3);
    await sleep(100);
    expect(flow.bodies()).toEqual(['a', 'b', 'c']);
  });

  test('are deleted when they were handed on, if that is wanted', async () => {
    writeFileSync(at('a.log'), 'a\n');
    const flow = await follow({ delete_after_read: true });
    flow.next.failures.push(new Error('not now'), new Error('not now'));
    await expect.poll(() => existsSync(at('a.log'))).toBe(false);
    expect(flow.bodies()).toEqual(['a']);
  });

  test('excluded ones are not read', async () => {
    writeFileSync(at('a.log'), 'a\n');
    writeFileSync(at('b.log'), 'b\n');
    const flow = await follow({ exclude: [at('b*')] });
    await flow.until(1);
    await sleep(50);
    expect(flow.bodies()).toEqual(['a']);
  });

  test('more than may be open are read', async () => {
    for (let index = 0; index < 30; index++) writeFileSync(at(`${index}.log`), `${index}\n`);
    const flow = await follow({ max_concurrent_files: 5 });
    await flow.until(30);
    appendFileSync(at('3.log'), 'more\n');
    await flow.until(31);
    expect(flow.bodies().at(-1)).toBe('more');
  });
});

describe('delivery', () => {
  test('what was refused comes again, the same', async () => {
    writeFileSync(at('a.log'), 'a\nb\n');
    const flow = await follow({});
    flow.next.failures.push(new Error('1'), new Error('2'), new Error('3'));
    appendFileSync(at('a.log'), 'c\n');
    await flow.until(3);
    expect(flow.bodies()).toEqual(['a', 'b', 'c']);
  });

  test('what will never be taken is left out, and the rest goes on', async () => {
    const flow = await follow({});
    flow.next.failures.push(new PermanentError('no'));
    writeFileSync(at('a.log'), 'a\n');
    await expect.poll(() => flow.next.failures).toEqual([]);
    appendFileSync(at('a.log'), 'b\n');
    await flow.until(1);
    expect(flow.bodies()).toEqual(['b']);
  });

  test('partial lines of containers are joined across a restart', async () => {
    const storage = memoryStorage();
    const config = { operators: [{ type: 'container' }], storage: 'file_storage' };
    const line = (tag: string, stream: string, text: string): string =>
      `2026-01-02T03:04:05.678901234Z ${stream} ${tag} ${text}\n`;
    writeFileSync(
      at('a.log'),
      line('P', 'stdout', 'one, ') + line('F', 'stderr', 'other') + line('P', 'stdout', 'two, '),
    );
    const first = await follow(config, storage);
    await first.until(1);
    await sleep(50);
    await first.stop();
    expect(first.bodies()).toEqual(['other']);
    appendFileSync(at('a.log'), line('F', 'stdout', 'three'));
    const second = await follow(config, storage);
    await second.until(1);
    await sleep(50);
    expect(second.bodies()).toEqual(['one, two, three']);
    expect(second.records()[0]!.time).toEqual([1767323045, 678901234]);
  });

  test('an operator that fails says so once', async () => {
    writeFileSync(at('a.log'), 'no json\nneither\n{"a":1}\n');
    const flow = await follow({ operators: [{ type: 'json_parser' }] });
    await flow.until(3);
    expect(flow.context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(flow.records().map(({ attributes }) => attributes)).toEqual([
      { 'log.file.name': 'a.log' },
      { 'log.file.name': 'a.log' },
      { 'log.file.name': 'a.log', a: 1 },
    ]);
  });
});

test.each([
  [{ encoding: 'klingon' }, '"klingon" is not an encoding; utf-8, utf-16le, latin1 and nop are.'],
  [{ multiline: {} }, 'Needs one of line_start_pattern and line_end_pattern.'],
  [{ multiline: { line_start_pattern: '(' } }, 'The pattern is not a valid regular expression: unterminated group.'],
  [{ delete_after_read: true }, 'Needs start_at: beginning: what was skipped would be deleted too.'],
  [{ fingerprint_size: '1' }, 'Must be at least 16 bytes.'],
  [
    { operators: [{ type: 'json_parser', regex: 'x' }] },
    /^The operator json_parser: regex is not a key of json_parser; it takes parse_from/,
  ],
  [
    { operators: [{ type: 'syslog_parser' }] },
    /^The operator syslog_parser: type is not known; there are add, container, /,
  ],
  [{ operators: [{ type: 'move', from: 'message', to: 'body' }] }, /must begin with body, attributes or resource/],
  [
    { operators: [{ type: 'noop', output: 'nowhere' }] },
    'The operator noop sends to "nowhere", and there is no operator with this id.',
  ],
])('check %o', (config, message) => {
  const resolved = resolveConfig(definition.config, { include: ['x'], ...config } as never);
  const [problem] = definition.check!(resolved as never);
  if (typeof message === 'string') expect(problem?.message).toBe(message);
  else expect(problem?.message).toMatch(message);
});
