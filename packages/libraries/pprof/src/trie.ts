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
export function addSamples(trie: Trie, view: View, frameOf: (node: number) => number): number[][] {
  const { samples } = view.profile;
  const { columns } = view.weights;
  const { start, node } = view.nodes;
  const selfs = columns.map((): number[] => []);
  for (let sample = 0; sample < samples.count; sample++) {
    if (columns.every((column) => column[sample] === 0)) continue;
    let at = 0;
    for (let entry = samples.stackStart[sample + 1]! - 1; entry >= samples.stackStart[sample]!; entry--) {
      const location = samples.stack[entry]!;
      for (let line = start[location + 1]! - 1; line >= start[location]!; line--)
        at = trie.child(at, frameOf(node[line]!));
    }
    for (const [index, self] of selfs.entries()) self[at] = (self[at] ?? 0) + columns[index]![sample]!;
  }
  return selfs;
}

/** Self and total by node, where self is given for the nodes that have any. */
export function sumUp(trie: Trie, selfs: readonly number[]): { self: Float64Array; total: Float64Array } {
  const count = trie.parent.length;
  const self = new Float64Array(count);
  for (const [node, value] of selfs.entries()) if (value !== undefined) self[node] = value;
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
  // Sorted by falling rank, so that what is put in front last comes first.
  const order = Uint32Array.from({ length: count - 1 }, (_, index) => index + 1);
  order.sort((one, other) => rank[trie.frame.array[other]!]! - rank[trie.frame.array[one]!]!);
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
