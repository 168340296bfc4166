import type { Int64 } from '@millrace/pprof';
import type { JoinedFrame } from './join.ts';
import { parentsOf, plus, totalsOf } from './sums.ts';

interface Rest {
  readonly depth: number;
  readonly selfs: Int64[];
  folded: number;
}

/** Of too many frames the widest; the others of each frame are put together as one that says how many they are. */
export function fold(frames: readonly JoinedFrame[], maxFrames: number): readonly JoinedFrame[] {
  if (frames.length <= maxFrames) return frames;
  const parents = parentsOf(frames);
  const selfsOf = (side: number): Int64[] => frames.map(({ selfs }) => selfs[side]!);
  const totals = frames[0]!.selfs.map((_, side) => totalsOf(selfsOf(side), parents));
  const kept = widest(totals, maxFrames);

  const result: (JoinedFrame | Rest)[] = [];
  const rests = new Map<number, Rest>();
  let rest: Rest | undefined;
  for (const [index, frame] of frames.entries()) {
    if (kept[index] === 1) {
      result.push(frame);
      continue;
    }
    const parent = parents[index]!;
    if (kept[parent] === 1) {
      rest = rests.get(parent);
      if (!rest) {
        rest = { depth: frame.depth, selfs: totals.map(() => 0), folded: 0 };
        rests.set(parent, rest);
        result.push(rest);
      }
      for (const [side, total] of totals.entries()) rest.selfs[side] = plus(rest.selfs[side]!, total[index]!);
    }
    rest!.folded++;
  }
  return result.map((one) =>
    'name' in one
      ? one
      : { ...one, name: one.folded === 1 ? '1 small frame' : `${one.folded} small frames`, place: '' },
  );
}

/** A frame is at least as wide as what lies on it, and comes before it: what is kept is connected. */
function widest(totals: readonly (readonly Int64[])[], count: number): Uint8Array {
  const width = Float64Array.from(totals[0]!, (_, index) => totals.reduce((sum, side) => sum + Number(side[index]), 0));
  const order = Uint32Array.from(width, (_, index) => index);
  order.sort((one, other) => width[other]! - width[one]! || one - other);
  const kept = new Uint8Array(width.length);
  for (const index of order.subarray(0, Math.max(1, count))) kept[index] = 1;
  return kept;
}
