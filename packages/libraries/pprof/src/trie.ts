import type { Uint32List } from './growable.ts';
import { createPairs } from './pairs.ts';
import type { View } from './view.ts';

/** Stacks, shared from the root on. Node 0 is the root; a child has a greater index than its parent. */
export interface Trie {
  readonly parent: Uint32List;
  /** What each node is, as a number that `add` was given. */
  readonly frame: Uint32List;
  /** The node of this frame below another. */
  child(parent: number, frame: number): number;
}

export function createTrie(): Trie {
  const pairs = createPairs('nodes in the call tree');
  return { parent: pairs.first, frame: pairs.second, child: pairs.intern };
}

/** Adds the stacks of all samples that weigh something, and sums up: self by node, for each column of the weights. */
export function addSamples(trie: Trie, view: View, frameOf: (node: number) => number): Column[] {
  const { samples } = view.profile;
  const { columns } = view.weights;
  const { start, node } = view.nodes;
  let selfs = columns.map(() => new Float64Array(1024));
  for (let sample = 0; sample < samples.count; sample++) {
    if (columns.every((column) => column[sample] === 0)) continue;
    let at = 0;
    for (let entry = samples.stackStart[sample + 1]! - 1; entry >= samples.stackStart[sample]!; entry--) {
      const location = samples.stack[entry]!;
      for (let line = start[location + 1]! - 1; line >= start[location]!; line--)
        at = trie.child(at, frameOf(node[line]!));
    }
    if (at >= selfs[0]!.length) selfs = selfs.map((self) => resized(self, at * 2));
    for (const [index, self] of selfs.entries()) self[at]! += columns[index]![sample]!;
  }
  return selfs.map((self) => resized(self, trie.parent.length));
}

type Column = Float64Array<ArrayBuffer>;

function resized(column: Column, length: number): Column {
  const other = new Float64Array(length);
  other.set(column.subarray(0, length));
  return other;
}

/** Self and total by node. Nodes beyond the end of `selfs` have no self. */
export function sumUp(trie: Trie, selfs: Column): { self: Float64Array; total: Float64Array } {
  const count = trie.parent.length;
  const self = resized(selfs, count);
  const total = self.slice();
  for (let node = count - 1; node > 0; node--) total[trie.parent.array[node]!]! += total[node]!;
  return { self, total };
}

/** The children of each node, in the order of `rank` of their frames, as linked lists: 0 ends them. */
export interface Children {
  readonly first: Uint32Array;
  readonly next: Uint32Array;
}

export function childrenOf(trie: Trie, rank: Uint32Array): Children {
  const count = trie.parent.length;
  const first = new Uint32Array(count);
  const next = new Uint32Array(count);
  // By falling rank, so that what is put in front last comes first. Counted, as comparing millions takes seconds.
  const ends = new Uint32Array(rank.length + 1);
  const rankOf = (node: number): number => rank[trie.frame.array[node]!]!;
  for (let node = 1; node < count; node++) ends[rank.length - rankOf(node)]! += 1;
  for (let at = 1; at < ends.length; at++) ends[at]! += ends[at - 1]!;
  const order = new Uint32Array(count - 1);
  for (let node = count - 1; node > 0; node--) order[--ends[rank.length - rankOf(node)]!] = node;
  for (const node of order) {
    const above = trie.parent.array[node]!;
    next[node] = first[above]!;
    first[above] = node;
  }
  return { first, next };
}

/** The place of each name among the sorted names. */
export function ranksOf(names: readonly string[]): Uint32Array {
  const ranks = new Uint32Array(names.length);
  const order = names.map((_, index) => index);
  order.sort((one, other) => (names[one]! < names[other]! ? -1 : names[one]! > names[other]! ? 1 : 0));
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}
