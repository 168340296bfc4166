import { callTree, checkComparable, type Int64, type Profile, type ValueType, type ViewOptions } from '@millrace/pprof';
import { fold } from './fold.ts';
import { joinTrees, type JoinedFrame } from './join.ts';

export interface FlameOptions extends ViewOptions {
  /** The smallest frames beyond so many are put together. 200,000. */
  readonly maxFrames?: number;
}

/** What a flame graph draws. */
export interface FlameTree {
  readonly sampleType: ValueType;
  /** Depth first, siblings by name. The first is the root, on which all others lie. */
  readonly frames: readonly FlameFrame[];
  /** What is negative has no width: so much was left out. */
  readonly negative: Int64;
}

export interface FlameFrame {
  readonly name: string;
  /** The package, file or binary that it belongs to, which gives it its colour. */
  readonly place: string;
  /** 0 for the root. */
  readonly depth: number;
  /** What was spent in it and not in what it called. */
  readonly self: Int64;
  /** The same in the profile that this one is compared with, if it is compared. */
  readonly baseSelf?: Int64;
  /** How many frames this one stands for, if they were too many to be kept apart. */
  readonly folded?: number;
}

const defaultMaxFrames = 200_000;

export function flameTree(profile: Profile, options: FlameOptions = {}): FlameTree {
  const tree = callTree(profile, options);
  const joined = joinTrees([tree]);
  return {
    sampleType: tree.sampleType,
    frames: fold(joined.frames, options.maxFrames ?? defaultMaxFrames).map(({ selfs, ...frame }) => ({
      ...frame,
      self: selfs[0]!,
    })),
    negative: joined.negative,
  };
}

/** Both in one: a frame is as wide as it was in `base` and is in `profile` together, so that nothing that is gone is missing. */
export function flameTreeDiff(base: Profile, profile: Profile, options: FlameOptions = {}): FlameTree {
  const trees = [callTree(profile, options), callTree(base, options)] as const;
  checkComparable(trees[1].sampleType, trees[0].sampleType);
  const joined = joinTrees(trees);
  const framed = ({ selfs, ...frame }: JoinedFrame): FlameFrame => ({ ...frame, self: selfs[0]!, baseSelf: selfs[1]! });
  return {
    sampleType: trees[0].sampleType,
    frames: fold(joined.frames, options.maxFrames ?? defaultMaxFrames).map(framed),
    negative: joined.negative,
  };
}
