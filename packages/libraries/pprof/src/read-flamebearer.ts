import { ProfileError } from './error.ts';

/** A stack of names, the root first, with its values. */
export interface Stack {
  readonly frames: readonly string[];
  readonly values: readonly number[];
}

/** What a flamebearer says. */
export interface FlamebearerStacks {
  readonly format: 'single' | 'double';
  /** As Pyroscope calls it: `samples`, `bytes`, `objects`... Empty: it does not say. */
  readonly units: string;
  /** Samples a second; 0: it does not say. */
  readonly sampleRate: number;
  /** Each stack that has a value of its own; in a comparison, with the left and the right value. */
  readonly stacks: readonly Stack[];
}

const maxDepth = 16_384;
const maxFrames = 2 ** 24;
/** Doubles beyond 2^53 are rounded, and so is their sum, which is where a bar begins: some 2^-53 for each bar before it. */
const rounding = 2 ** -32;

/**
 * The stacks of a flame graph as Pyroscope answers it (the parsed JSON). The bar at the bottom, `total`, is no frame. Throws
 * a ProfileError where the bars do not lie on each other.
 */
export function readFlamebearer(answer: unknown): FlamebearerStacks {
  const { flamebearer, metadata } = record(answer, 'The answer');
  const { names, levels, format: inner } = record(flamebearer, 'flamebearer');
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string'))
    throw new ProfileError('flamebearer.names is not a list of texts.');
  if (!Array.isArray(levels)) throw new ProfileError('flamebearer.levels is not a list.');
  if (levels.length > maxDepth + 1) throw new ProfileError(`flamebearer.levels has more than ${maxDepth + 1} levels.`);
  const about = metadata === undefined || metadata === null ? {} : record(metadata, 'metadata');
  const format = (about['format'] ?? inner ?? 'single') === 'double' ? 'double' : 'single';
  return {
    format,
    units: typeof about['units'] === 'string' ? about['units'] : '',
    sampleRate: typeof about['sampleRate'] === 'number' ? about['sampleRate'] : 0,
    stacks: stacksOf(levels, { names, sides: format === 'double' ? 2 : 1 }),
  };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ProfileError(`${what} is not an object.`);
}

interface Bar {
  /** Sums of both sides: on one side alone a bar may have no width. */
  readonly begin: number;
  readonly end: number;
  readonly self: readonly number[];
  readonly name: string;
  readonly parent: Bar | undefined;
}

interface Shape {
  readonly names: readonly string[];
  readonly sides: number;
}

function stacksOf(levels: readonly unknown[], shape: Shape): Stack[] {
  const stacks: Stack[] = [];
  let frames = 0;
  let below: Bar[] = [];
  for (const [depth, level] of levels.entries()) {
    const bars = barsOf(level, { ...shape, depth, below });
    for (const bar of bars) {
      if (bar.self.every((value) => value === 0)) continue;
      frames += depth;
      if (frames > maxFrames) throw new ProfileError(`The flame graph has more than ${maxFrames} frames.`);
      stacks.push({ frames: framesOf(bar), values: bar.self });
    }
    below = bars;
  }
  return stacks;
}

function framesOf(bar: Bar): string[] {
  const frames: string[] = [];
  for (let one = bar; one.parent; one = one.parent) frames.push(one.name);
  return frames.reverse();
}

function barsOf(
  level: unknown,
  { names, sides, depth, below }: Shape & { depth: number; below: readonly Bar[] },
): Bar[] {
  const size = sides * 3 + 1;
  const fail = (what: string): never => {
    throw new ProfileError(`Level ${depth} of the flame graph ${what}.`);
  };
  if (!Array.isArray(level) || level.length % size !== 0) return fail(`is not a list of ${size} numbers a bar`);
  const numbers = level as readonly unknown[];
  const number = (at: number): number => {
    const value = numbers[at];
    return typeof value === 'number' && Number.isFinite(value) && value >= 0
      ? value
      : fail(`has ${JSON.stringify(value)} where a number belongs`);
  };
  const bars: Bar[] = [];
  let end = 0;
  let under = 0;
  for (let at = 0; at < numbers.length; at += size) {
    let [begin, width] = [end, 0];
    const self: number[] = [];
    for (let side = 0; side < sides; side++) {
      begin += number(at + side * 3);
      width += number(at + side * 3 + 1);
      self.push(number(at + side * 3 + 2));
    }
    end = begin + width;
    const slack = end > Number.MAX_SAFE_INTEGER ? end * rounding : 0;
    const name = names[number(at + size - 1)] ?? fail('refers to a name that does not exist');
    while (under < below.length && below[under]!.end <= begin + slack && end > begin) under++;
    const parent = below[under];
    if (depth > 0 && (!parent || begin < parent.begin - slack || end > parent.end + slack))
      fail(`has a bar "${name}" that lies on no other`);
    bars.push({ begin, end, self, name, parent });
  }
  return bars;
}
