import type { Int64 } from './int64.ts';
import type { Frame } from './nodes.ts';
import type { Profile, ValueType } from './profile.ts';
import { addSamples, childrenOf, createTrie, ranksOf, sumUp } from './trie.ts';
import { viewOf } from './view.ts';
import type { ViewOptions } from './view.ts';

/** Every stack from its root to its leaf, with what stacks have in common shared. Depth first, siblings by name. */
export interface CallTree {
  readonly sampleType: ValueType;
  /** Of the profile before it was filtered. */
  readonly total: Int64;
  readonly nodes: readonly TreeNode[];
}

export interface TreeNode extends Frame {
  /** 0 for a root. */
  readonly depth: number;
  /** The index of its caller; -1 for a root. */
  readonly parent: number;
  readonly self: Int64;
  readonly total: Int64;
}

/** The call tree, as a flame graph shows it. */
export function callTree(profile: Profile, options: ViewOptions = {}): CallTree {
  const view = viewOf(profile, options);
  const trie = createTrie();
  const sums = addSamples(trie, view, (node) => node).map((selfs) => sumUp(trie, selfs));
  const [selfs, totals] = [sums.map(({ self }) => self), sums.map(({ total }) => total)];
  const { frames } = view.nodes;
  const { first, next } = childrenOf(trie, ranksOf(frames.map(({ name }) => name)));

  const nodes: TreeNode[] = [];
  const pending: { node: number; parent: number; depth: number }[] = [];
  const follow = (node: number, parent: number, depth: number): void => {
    if (node !== 0) pending.push({ node, parent, depth });
  };
  follow(first[0]!, -1, 0);
  for (let one = pending.pop(); one; one = pending.pop()) {
    const { node, parent, depth } = one;
    const frame = frames[trie.frame.array[node]!]!;
    const [self, total] = [view.weights.total(selfs, node), view.weights.total(totals, node)];
    const index = nodes.push({ ...frame, depth, parent, self, total }) - 1;
    follow(next[node]!, parent, depth);
    follow(first[node]!, index, depth + 1);
  }
  return { sampleType: view.sampleType, total: view.total, nodes };
}
