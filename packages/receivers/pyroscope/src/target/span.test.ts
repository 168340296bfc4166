import { fromStacks } from '@millrace/pprof';
import { expect, it } from 'vitest';
import { spanOf } from './span.ts';

const second = 1_000_000_000n;
const of = (durationNanos: bigint) => ({
  ...fromStacks([], { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] }),
  durationNanos,
});
const moment = { profile: of(0n), durationMs: undefined };
const timed = { profile: of(14n * second), durationMs: 14_000 };

it.each([
  ['of a moment, the first', moment, { beganMs: 100_000, nowMs: 100_010, lastMs: undefined }, [100_010, 100_010]],
  ['since the last', moment, { beganMs: 100_000, nowMs: 100_010, lastMs: 85_000 }, [85_000, 100_010]],
  [
    'since the last, with a clock set back',
    moment,
    { beganMs: 10_000, nowMs: 10_010, lastMs: 85_000 },
    [10_010, 10_010],
  ],
  ['of a time', timed, { beganMs: 100_000, nowMs: 117_000, lastMs: 99_000 }, [100_000, 114_000]],
  [
    'of a time that is not told',
    { ...timed, profile: of(0n) },
    { beganMs: 0, nowMs: 14_500, lastMs: undefined },
    [0, 14_000],
  ],
  [
    'of less time than was asked for',
    { ...timed, profile: of(second) },
    { beganMs: 0, nowMs: 1_500, lastMs: undefined },
    [0, 1_000],
  ],
  [
    'of more time than can be',
    { ...timed, profile: of(1n << 62n) },
    { beganMs: 20_000, nowMs: 34_100, lastMs: undefined },
    [20_000, 34_000],
  ],
  ['of a time, with a clock set back', timed, { beganMs: 100_000, nowMs: 54_000, lastMs: 90_000 }, [40_000, 54_000]],
])('a profile %s', (_name, profile, pulled, [startMs, endMs]) => {
  expect(spanOf(profile, pulled)).toEqual({ startMs, endMs });
});
