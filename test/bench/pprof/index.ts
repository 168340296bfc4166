import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decode, top } from '@millrace/pprof';
import { Profile } from 'pprof-format';
import { bigProfile } from './profile.ts';

const roundCount = 5;
/** `go tool pprof` has no need to warm up. */
const goRoundCount = 3;

/**
 * Decode and top of a profile of 10 MB: ours against pprof-format with a plain top on its objects, and, where there is Go,
 * with gzip against `go tool pprof -top`, on the same bytes. Ratios are medians of the ratios of pairs, ours over theirs.
 */
export default async function bench(): Promise<{ rows: string[][]; json: object }> {
  const bytes = bigProfile();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-pprof-'));
  try {
    check(top(decode(bytes)).rows, peerTop(Profile.decode(bytes)));
    const rounds = Array.from({ length: roundCount }, () => ({ ours: ourRound(bytes), theirs: peerRound(bytes) }));
    const pairs = (time: (round: Laps) => number): Pair[] =>
      rounds.map(({ ours, theirs }) => ({ ours: time(ours), theirs: time(theirs) }));
    const decoded = pairs((round) => round.decode);
    const both = pairs((round) => round.decode + round.top);
    const go = goPairs(gzipSync(bytes), join(folder, 'profile.pb.gz'));
    return {
      rows: [
        [`a profile of ${(bytes.length / 1e6).toFixed(1)} MB`, 'ours', 'theirs', ''],
        row('decode', 'pprof-format', decoded),
        row('decode and top', 'pprof-format', both),
        ...(go.length > 0 ? [row('gunzip, decode and top', 'go tool pprof -top', go)] : []),
      ],
      json: {
        ratio_to_pprof_format: ratio(both),
        ratio_to_pprof_format_decode: ratio(decoded),
        ...(go.length > 0 && { ratio_to_go_tool_pprof: ratio(go) }),
        ms_per_decode_and_top: median(both.map(({ ours }) => ours)),
        profile_bytes: bytes.length,
      },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Laps {
  readonly decode: number;
  readonly top: number;
}

interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

const ratio = (pairs: readonly Pair[]): number => median(pairs.map(({ ours, theirs }) => ours / theirs));

const row = (name: string, peer: string, pairs: readonly Pair[]): string[] => [
  name,
  `${median(pairs.map(({ ours }) => ours)).toFixed(0)} ms`,
  `${median(pairs.map(({ theirs }) => theirs)).toFixed(0)} ms`,
  `${(1 / ratio(pairs)).toFixed(1)}x as fast as ${peer}`,
];

function ourRound(bytes: Uint8Array): Laps {
  const began = performance.now();
  const profile = decode(bytes);
  const decoded = performance.now();
  top(profile);
  return { decode: decoded - began, top: performance.now() - decoded };
}

function peerRound(bytes: Uint8Array): Laps {
  const began = performance.now();
  const profile = Profile.decode(bytes);
  const decoded = performance.now();
  peerTop(profile);
  return { decode: decoded - began, top: performance.now() - decoded };
}

function goPairs(zipped: Uint8Array, file: string): Pair[] {
  const go = findGo();
  if (go === undefined) return [];
  writeFileSync(file, zipped);
  return Array.from({ length: goRoundCount }, () => {
    const began = performance.now();
    top(decode(zipped));
    const between = performance.now();
    goTop(go, file);
    return { ours: between - began, theirs: performance.now() - between };
  });
}

/** Self and total of each function by name, as one writes it on the objects of pprof-format. */
function peerTop(profile: Profile): { name: string; self: number; total: number }[] {
  const type = profile.sampleType.length - 1;
  const { strings } = profile.stringTable;
  const functions = new Map(profile.function.map(({ id, name }) => [id, strings[Number(name)] ?? '']));
  const locations = new Map(
    profile.location.map(({ id, line }) => [id, line.map(({ functionId }) => functions.get(functionId) ?? '')]),
  );
  const rows = new Map<string, { name: string; self: number; total: number }>();
  const rowOf = (name: string): { name: string; self: number; total: number } => {
    let row = rows.get(name);
    if (!row) rows.set(name, (row = { name, self: 0, total: 0 }));
    return row;
  };
  const seen = new Set<string>();
  for (const { locationId, value } of profile.sample) {
    const amount = Number(value[type]);
    seen.clear();
    for (const [at, id] of locationId.entries())
      for (const [line, name] of locations.get(id)!.entries()) {
        const row = rowOf(name);
        if (at === 0 && line === 0) row.self += amount;
        if (seen.has(name)) continue;
        seen.add(name);
        row.total += amount;
      }
  }
  return [...rows.values()].sort((one, other) => other.self - one.self || (one.name < other.name ? -1 : 1));
}

function check(ours: readonly { name: string; self: unknown; total: unknown }[], theirs: readonly object[]): void {
  const same = ours.map(({ name, self, total }) => ({ name, self, total }));
  if (JSON.stringify(same) !== JSON.stringify(theirs)) throw new Error('The two give different results.');
}

/** The program behind `go tool pprof`: without the go command's own start. */
function findGo(): string | undefined {
  try {
    return execFileSync('go', ['tool', '-n', 'pprof'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

const goTop = (go: string, file: string): Buffer =>
  execFileSync(go, ['-symbolize=none', '-top', file], { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 28 });

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
