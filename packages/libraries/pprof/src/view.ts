import { ProfileError } from './error.ts';
import { filter } from './filter.ts';
import type { Filter } from './filter.ts';
import { toInt64 } from './int64.ts';
import type { Int64 } from './int64.ts';
import { nodesOf } from './nodes.ts';
import type { NodeOptions, Nodes } from './nodes.ts';
import { sampleTypeIndex } from './profile.ts';
import type { Profile, ValueType } from './profile.ts';
import { prune } from './prune.ts';
import { weightsOf } from './weights.ts';
import type { Weights } from './weights.ts';

/** What every view of a profile takes. */
export interface ViewOptions extends Filter, NodeOptions {
  /** By name or index; without: the profile's default, or its last. */
  readonly sampleType?: string | number;
  /** `keep` shows also what the profile's own `dropFrames` would leave out. */
  readonly dropFrames?: 'drop' | 'keep';
}

/** A profile as a view sees it. */
export interface View {
  /** Pruned and filtered. */
  readonly profile: Profile;
  readonly sampleType: ValueType;
  /** Its index. */
  readonly type: number;
  /** What shares are shares of: the magnitudes of all samples before the filter, or those of the base of a diff. */
  readonly total: Int64;
  readonly weights: Weights;
  readonly nodes: Nodes;
}

export function viewOf(profile: Profile, options: ViewOptions): View {
  const type = sampleTypeIndex(profile, options.sampleType);
  const pruned = prunedFor(profile, options);
  const filtered = filter(pruned, options);
  return {
    profile: filtered,
    sampleType: profile.sampleTypes[type]!,
    type,
    total: totalOf(pruned, type),
    weights: weightsOf(filtered, type),
    nodes: nodesOf(filtered, options),
  };
}

/** Without what the profile leaves out. As in Go, a `dropFrames` that is no pattern leaves out nothing. */
export function prunedFor(profile: Profile, { dropFrames }: ViewOptions): Profile {
  if (dropFrames === 'keep') return profile;
  try {
    return prune(profile);
  } catch (error) {
    if (error instanceof ProfileError) return profile;
    throw error;
  }
}

/** The label of the samples of the base in a diff, as go tool pprof has it. */
export const baseLabel = { key: 'pprof::base', text: 'true' } as const;

/** The sum of the magnitudes of all samples, or, in a diff with a base that is not 0, of the samples of the base. */
export function totalOf(profile: Profile, type: number): Int64 {
  const { samples, sampleTypes } = profile;
  const isBase = baseSamples(profile);
  let [total, base] = [0, 0];
  for (let sample = 0; sample < samples.count; sample++) {
    const value = Math.abs(samples.values.number(sample * sampleTypes.length + type));
    total += value;
    if (isBase?.(sample)) base += value;
  }
  if (total <= Number.MAX_SAFE_INTEGER) return base > 0 ? base : total;
  return exactTotal(profile, { type, isBase: base > 0 ? isBase : undefined });
}

interface TotalOf {
  readonly type: number;
  readonly isBase: ((sample: number) => boolean) | undefined;
}

function exactTotal({ samples, sampleTypes }: Profile, { type, isBase }: TotalOf): Int64 {
  let total = 0n;
  for (let sample = 0; sample < samples.count; sample++) {
    if (isBase && !isBase(sample)) continue;
    const value = samples.values.bigint(sample * sampleTypes.length + type);
    total += value < 0n ? -value : value;
  }
  return toInt64(total);
}

function baseSamples({ samples, labels, strings }: Profile): ((sample: number) => boolean) | undefined {
  const isBase = new Map<number, boolean>();
  const is = (at: number): boolean => {
    const key = labels.key[at]!;
    let known = isBase.get(key);
    if (known === undefined) isBase.set(key, (known = strings.at(key) === baseLabel.key));
    return known && strings.at(labels.text[at]!) === baseLabel.text;
  };
  if (!labels.key.some((_, at) => is(at))) return undefined;
  return (sample) => {
    for (let at = samples.labelStart[sample]!; at < samples.labelEnd[sample]!; at++) if (is(at)) return true;
    return false;
  };
}
