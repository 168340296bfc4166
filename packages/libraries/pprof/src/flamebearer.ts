import { checkComparable } from './profile.ts';
import type { Profile, ValueType } from './profile.ts';
import { addSamples, childrenOf, createTrie, ranksOf, sumUp } from './trie.ts';
import type { Children } from './trie.ts';
import { viewOf } from './view.ts';
import type { View, ViewOptions } from './view.ts';
import { weightsOf } from './weights.ts';

/** What Pyroscope's /render answers: https://grafana.com/docs/pyroscope/latest/reference-server-api/ */
export interface FlamebearerProfile {
  readonly version: 1;
  readonly flamebearer: Flamebearer;
  readonly metadata: FlamebearerMetadata;
  /** In a comparison. */
  readonly leftTicks?: number;
  readonly rightTicks?: number;
}

export interface Flamebearer {
  readonly names: readonly string[];
  /**
   * From the root up, each a row of bars one behind the other. A bar is four numbers: how far it begins behind the end of
   * the last one, total, self, index of the name; in a comparison the first three for the left side, the same for the right
   * side, and the name.
   */
  readonly levels: readonly (readonly number[])[];
  readonly numTicks: number;
  readonly maxSelf: number;
}

export interface FlamebearerMetadata {
  readonly format: 'single' | 'double';
  readonly spyName: string;
  /** What one second has of the unit `samples`. */
  readonly sampleRate: number;
  readonly units: string;
  readonly name: string;
}

export interface FlamebearerOptions extends ViewOptions {
  /** How many bars at most; what is smaller than they are is put together as `other`. All by default. */
  readonly maxNodes?: number;
}

/** The flame graph of a profile, of its positive values. Numbers beyond 2^53 are the nearest double. */
export function flamebearer(profile: Profile, options: FlamebearerOptions = {}): FlamebearerProfile {
  const view = positive(viewOf(profile, options));
  return draw([view], options);
}

/** Two profiles in one flame graph, of one sample type in one unit; each may have any total. */
export function flamebearerDiff(left: Profile, right: Profile, options: FlamebearerOptions = {}): FlamebearerProfile {
  const views = [viewOf(left, options), viewOf(right, options)] as const;
  checkComparable(views[0].sampleType, views[1].sampleType);
  return draw(views.map(positive), options);
}

/** A bar has a width, so what is negative in a difference has none. */
const positive = (view: View): View => ({
  ...view,
  weights: weightsOf(view.profile, view.type, (_, value) => value > 0),
});

/** Self and total of each node of the trie, on one side. */
interface Side {
  readonly self: Float64Array;
  readonly total: Float64Array;
}

function draw(views: readonly View[], { maxNodes }: FlamebearerOptions): FlamebearerProfile {
  const names: string[] = [];
  const known = new Map<string, number>();
  const nameOf = (name: string): number => {
    let index = known.get(name);
    if (index === undefined) {
      index = names.push(name) - 1;
      known.set(name, index);
    }
    return index;
  };
  const rootName = nameOf('total');
  const trie = createTrie();
  const summed = views.map((view) => {
    const frames = view.nodes.frames.map(({ name }) => nameOf(name));
    return { view, selfs: addSamples(trie, view, (node) => frames[node]!) };
  });
  // Limbs of 24 bits, or the one column that there is.
  const sides = summed.map(({ selfs }) => {
    const values = new Float64Array(trie.parent.length);
    for (const [limb, column] of selfs.entries())
      for (const [node, value] of column.entries()) values[node]! += value * 2 ** (24 * limb);
    return sumUp(trie, values);
  });
  const otherName = nameOf('other');
  const kept = keptNodes(sides, maxNodes);
  const children = childrenOf(trie, ranksOf(names));
  const levels = layOut({
    sides,
    children,
    kept,
    name: (node) => (node === 0 ? rootName : trie.frame.array[node]!),
    otherName,
  });
  const ticks = sides.map(({ total }) => total[0]!);
  const maxSelf = sides.reduce((most, { self }) => self.reduce((so, value) => Math.max(so, value), most), 0);
  return {
    version: 1,
    flamebearer: { names, levels, numTicks: ticks.reduce((so, value) => so + value, 0), maxSelf },
    metadata: { format: views.length === 1 ? 'single' : 'double', ...describe(views[0]!.sampleType) },
    ...(views.length === 2 && { leftTicks: ticks[0]!, rightTicks: ticks[1]! }),
  };
}

/** As Pyroscope calls it: time is samples, of which a second has 10^9, unless it is time waited for a lock. */
function describe({ type, unit }: ValueType): Omit<FlamebearerMetadata, 'format'> {
  const isTime = unit === 'nanoseconds';
  return { spyName: '', sampleRate: isTime ? 1e9 : 100, units: unitsOf(type, unit), name: type };
}

function unitsOf(type: string, unit: string): string {
  if (unit === 'nanoseconds') return type === 'delay' ? 'lock_nanoseconds' : 'samples';
  if (unit !== 'count') return unit;
  if (type.endsWith('objects')) return 'objects';
  return type.startsWith('goroutine') ? 'goroutines' : 'samples';
}

/** The greatest nodes. A node is at least as great as its children, so what is kept is connected. */
function keptNodes(sides: readonly Side[], maxNodes: number | undefined): (node: number) => boolean {
  const total = (node: number): number => sides.reduce((so, side) => so + side.total[node]!, 0);
  const count = sides[0]!.total.length;
  if (maxNodes === undefined || count - 1 <= maxNodes) return (node) => total(node) > 0;
  const totals = Float64Array.from({ length: count }, (_, node) => total(node));
  const sorted = totals.toSorted();
  const first = Math.max(0, count - 1 - Math.max(1, maxNodes));
  const least = sorted[first]!;
  // Of those that are the same, the first come first: what is below a node has a smaller number.
  let same = sorted.lastIndexOf(least) - first + 1;
  const kept = Uint8Array.from(totals, (value) =>
    value > 0 && (value > least || (value === least && same-- > 0)) ? 1 : 0,
  );
  return (node) => kept[node] === 1;
}

interface Layout {
  readonly sides: readonly Side[];
  readonly children: Children;
  readonly kept: (node: number) => boolean;
  readonly name: (node: number) => number;
  readonly otherName: number;
}

interface Bar {
  /** -1: what was put together as `other`. */
  readonly node: number;
  readonly name: number;
  /** On each side. */
  readonly begins: readonly number[];
  readonly totals: readonly number[];
  readonly selfs: readonly number[];
}

function layOut(layout: Layout): number[][] {
  const { sides, name } = layout;
  const levels: number[][] = [];
  const barOf = (node: number, begins: readonly number[]): Bar => ({
    node,
    name: name(node),
    begins,
    totals: sides.map(({ total }) => total[node]!),
    selfs: sides.map(({ self }) => self[node]!),
  });
  let bars = [
    barOf(
      0,
      sides.map(() => 0),
    ),
  ];
  while (bars.length > 0) {
    const level: number[] = [];
    const ends = sides.map(() => 0);
    for (const bar of bars) {
      for (const [side, begin] of bar.begins.entries()) {
        // Never negative, beyond 2^53 either, where sums are rounded.
        level.push(Math.max(0, begin - ends[side]!), bar.totals[side]!, bar.selfs[side]!);
        ends[side] = begin + bar.totals[side]!;
      }
      level.push(bar.name);
    }
    levels.push(level);
    bars = bars.flatMap((bar) => (bar.node === -1 ? [] : barsAbove(bar, { ...layout, barOf })));
  }
  return levels;
}

/** The bars on top of one, from its left end on. */
function barsAbove(
  { node, begins }: Bar,
  { children, kept, otherName, barOf }: Layout & { barOf: (node: number, begins: readonly number[]) => Bar },
): Bar[] {
  const above: Bar[] = [];
  let at = [...begins];
  let other = begins.map(() => 0);
  for (let child = children.first[node]!; child !== 0; child = children.next[child]!) {
    const bar = barOf(child, at);
    if (kept(child)) {
      above.push(bar);
      at = at.map((begin, side) => begin + bar.totals[side]!);
    } else other = other.map((sum, side) => sum + bar.totals[side]!);
  }
  if (other.some((value) => value > 0))
    above.push({ node: -1, name: otherName, begins: at, totals: other, selfs: other });
  return above;
}
