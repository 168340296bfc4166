import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  decode,
  diff,
  encode,
  formatTop,
  formatTree,
  labelsOf,
  mappingHas,
  merge,
  prune,
  subtract,
  valuesOf,
} from './index.ts';
import type { Profile, TextOptions } from './index.ts';

const folder = join(import.meta.dirname, '../testdata');
const fixtures = [
  'go-block.pb.gz',
  'go-cpu.pb.gz',
  'go-goroutine.pb.gz',
  'go-heap.pb.gz',
  'go-heap-later.pb.gz',
  'go-mutex.pb.gz',
  'go-threadcreate.pb.gz',
  'node-heap.pb.gz',
  'node-wall.pb.gz',
  'python-cpu.pb.gz',
  'python-heap.pb.gz',
  'python-thread.pb.gz',
  'rust-cpu.pb',
] as const;
const path = (name: string): string => join(folder, name);
const read = (name: string): Profile => decode(readFileSync(path(name)));

/** The program behind `go tool pprof`, without the go command's own start. */
const binary = findBinary();
if (binary === undefined) console.warn('Skipped: nothing is compared with go tool pprof, because there is no Go.');

function findBinary(): string | undefined {
  try {
    return execFileSync('go', ['tool', '-n', 'pprof'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

function go(...words: readonly string[]): string {
  return execFileSync(binary!, ['-symbolize=none', ...words], {
    env: { ...process.env, TZ: 'UTC', PPROF_BINARY_PATH: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  }).toString();
}

describe.skipIf(binary === undefined)('the same as go tool pprof', { timeout: 120_000 }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'millrace-pprof-'));
  afterAll(() => rmSync(scratch, { recursive: true }));
  const rawOf = (profile: Profile): string => {
    const file = join(scratch, 'profile.pb.gz');
    writeFileSync(file, encode(profile));
    return go('-raw', file);
  };

  it.each(fixtures)('reads and writes %s', (name) => {
    const raw = go('-raw', path(name));
    expect(rawText(prune(read(name)))).toBe(raw);
    expect(rawOf(read(name))).toBe(raw);
  });

  it.each(fixtures)('shows %s', (name) => {
    expect(formatTop(read(name))).toBe(go('-top', path(name)));
    expect(formatTree(read(name), { sort: 'total' })).toBe(go('-tree', '-cum', path(name)));
  });

  const options: readonly (readonly [readonly string[], TextOptions])[] = [
    [['-lines'], { granularity: 'line' }],
    [['-filefunctions'], { granularity: 'function_file' }],
    [['-noinlines'], { inlined: 'caller' }],
    [['-sample_index=0'], { sampleType: 0 }],
    [['-unit=ms'], { unit: 'ms' }],
    [['-focus=grow|alloc|parse|is_'], { focus: 'grow|alloc|parse|is_' }],
    [['-ignore=(?i)RUNTIME|json'], { ignore: '(?i)RUNTIME|json' }],
    [['-show=main|work|runtime.m'], { show: 'main|work|runtime.m' }],
    [['-hide=^runtime|node:|^core::'], { hide: '^runtime|node:|^core::' }],
    [['-show_from=main\\.|work|parse|count_'], { showFrom: 'main\\.|work|parse|count_' }],
    [['-tagfocus=route=/orders'], { tagFocus: 'route=/orders' }],
    [['-tagignore=bytes=:1kb'], { tagIgnore: 'bytes=:1kb' }],
  ];
  it.each(
    options.flatMap(([words, one]) =>
      ['go-cpu.pb.gz', 'go-heap.pb.gz', 'node-wall.pb.gz', 'rust-cpu.pb'].map(
        (name) => [words.join(' '), name, one, words] as const,
      ),
    ),
  )('%s %s', (_, name, one, words) => {
    expect(formatTop(read(name), one)).toBe(go('-top', ...words, path(name)));
  });

  it('merges', () => {
    const [before, after] = ['go-heap.pb.gz', 'go-heap-later.pb.gz'] as const;
    expect(rawOf(merge([read(before), read(after)]))).toBe(go('-raw', path(before), path(after)));
    const wall = 'node-wall.pb.gz';
    expect(rawOf(merge([read(wall), read(wall)]))).toBe(go('-raw', path(wall), path(wall)));
  });

  it('compares', () => {
    const [before, after] = ['go-heap.pb.gz', 'go-heap-later.pb.gz'] as const;
    const base = `-diff_base=${path(before)}`;
    const difference = diff(read(after), read(before));
    expect(rawOf(difference)).toBe(go('-raw', base, path(after)));
    expect(formatTop(difference)).toBe(go('-top', base, path(after)));
    expect(rawOf(subtract(read(after), read(before)))).toBe(go('-raw', `-base=${path(before)}`, path(after)));
  });
});

/** What `go tool pprof -raw` prints: every value of the profile. */
function rawText(profile: Profile): string {
  const { periodType, sampleTypes, samples } = profile;
  const lines = profile.comments.map((comment) => `Comment: ${comment}`);
  if (profile.docUrl !== '') lines.push(`Doc: ${profile.docUrl}`);
  lines.push(`PeriodType: ${periodType?.type ?? ''} ${periodType?.unit ?? ''}`, `Period: ${profile.period}`);
  if (profile.timeNanos !== 0n) lines.push(`Time: ${timeText(profile.timeNanos)}`);
  if (profile.durationNanos !== 0n) lines.push(`Duration: ${durationText(profile.durationNanos)}`);
  lines.push('Samples:');
  const types = sampleTypes.map(
    ({ type, unit }) => `${type}/${unit}${type === profile.defaultSampleType ? '[dflt]' : ''}`,
  );
  lines.push(types.join(' '));
  for (let sample = 0; sample < samples.count; sample++) {
    const values = valuesOf(profile, sample).map((value) => ` ${String(value).padStart(10)}`);
    const ids = Array.from(
      samples.stack.subarray(samples.stackStart[sample], samples.stackStart[sample + 1]),
      (location) => `${profile.locations.id.unsigned(location)} `,
    );
    lines.push(`${values.join('')}: ${ids.join('')}`, ...labelLines(profile, sample));
  }
  return `${[...lines, 'Locations', ...locationLines(profile), 'Mappings', ...mappingLines(profile)].join('\n')}\n`;
}

const timeText = (nanos: bigint): string => {
  const fraction = String(nanos % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const seconds = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ');
  return `${seconds}${fraction === '' ? '' : `.${fraction}`} +0000 UTC`;
};

/** Go prints the first four characters of the duration. */
const durationText = (nanos: bigint): string => (nanos < 1000n ? `${nanos}ns` : `${Number(nanos) / 1e9}s`).slice(0, 4);

function labelLines(profile: Profile, sample: number): string[] {
  const texts = new Map<string, string[]>();
  const numbers = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, key: string, value: string): void =>
    void map.set(key, [...(map.get(key) ?? []), value]);
  for (const label of labelsOf(profile, sample))
    if ('text' in label) add(texts, label.key, label.text);
    else if (label.number !== 0 || label.unit !== '')
      add(numbers, label.key, label.unit === '' ? `${label.number}` : `${label.number} ${label.unit}`);
  return [texts, numbers].flatMap((map) => {
    const all = [...map].map(([key, values]) => `${key}:[${values.join(' ')}]`).sort();
    return all.length === 0 ? [] : [`                ${all.join(' ')}`];
  });
}

function locationLines({ strings, locations, functions, mappings }: Profile): string[] {
  return Array.from({ length: locations.count }, (_, index) => {
    const mapping = locations.mapping[index]!;
    let head = `${String(locations.id.unsigned(index)).padStart(6)}: 0x${locations.address.unsigned(index).toString(16)} `;
    // Where a profile has no mappings, the tool makes one up.
    if (mappings.count === 0) head += 'M=1 ';
    if (mapping !== -1) head += `M=${mappings.id.unsigned(mapping)} `;
    if (locations.folded[index] !== 0) head += '[F] ';
    const lines: string[] = [];
    for (let at = locations.lineStart[index]!; at < locations.lineStart[index + 1]!; at++) {
      const one = locations.lines.function[at]!;
      const [name, system] = [strings.at(functions.name[one]!), strings.at(functions.systemName[one]!)];
      const { line, column } = locations.lines;
      lines.push(
        `${head}${name} ${strings.at(functions.file[one]!)}:${line.at(at)}:${column.at(at)} s=${functions.startLine.at(one)}${name === system ? '' : `(${system})`}`,
      );
      head = '             ';
    }
    return lines.length === 0 ? head : lines.join('\n');
  });
}

function mappingLines({ strings, mappings }: Profile): string[] {
  if (mappings.count === 0) return ['1: 0x0/0x0/0x0   '];
  return Array.from({ length: mappings.count }, (_, index) => {
    const has = mappings.has[index]!;
    const bits = [
      has & mappingHas.functions ? '[FN]' : '',
      has & mappingHas.files ? '[FL]' : '',
      has & mappingHas.lines ? '[LN]' : '',
      has & mappingHas.inlineFrames ? '[IN]' : '',
    ].join('');
    const addresses = [mappings.start, mappings.limit, mappings.offset].map(
      (one) => `0x${one.unsigned(index).toString(16)}`,
    );
    return `${mappings.id.unsigned(index)}: ${addresses.join('/')} ${strings.at(mappings.file[index]!)} ${strings.at(mappings.buildId[index]!)} ${bits}`;
  });
}
