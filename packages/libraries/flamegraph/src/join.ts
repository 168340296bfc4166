import type { CallTree, Int64, TreeNode } from '@millrace/pprof';
import { placeOf } from './place.ts';
import { plus } from './sums.ts';

export interface JoinedFrame {
  readonly name: string;
  readonly place: string;
  readonly depth: number;
  /** In each of the trees. */
  readonly selfs: readonly Int64[];
  readonly folded?: number;
}

interface Branch {
  readonly name: string;
  readonly place: string;
  readonly depth: number;
  readonly selfs: Int64[];
  children: Map<string, Branch> | undefined;
}

/** Several trees laid on each other, frame by frame, on one root. */
export function joinTrees(trees: readonly CallTree[]): { frames: JoinedFrame[]; negative: Int64 } {
  const none = (): Int64[] => trees.map(() => 0);
  const root: Branch = { name: 'all', place: '', depth: 0, selfs: none(), children: undefined };
  let negative: Int64 = 0;
  for (const [side, { nodes }] of trees.entries()) {
    const branches: Branch[] = [];
    for (const node of nodes) {
      const branch = childOf(node.parent === -1 ? root : branches[node.parent]!, node, none);
      branches.push(branch);
      if (node.self < 0) negative = plus(negative, node.self);
      else branch.selfs[side] = plus(branch.selfs[side]!, node.self);
    }
  }
  return { frames: depthFirst(root), negative };
}

function childOf(parent: Branch, node: TreeNode, none: () => Int64[]): Branch {
  parent.children ??= new Map();
  let child = parent.children.get(node.name);
  if (!child) {
    const { name } = node;
    child = { name, place: placeOf(node), depth: parent.depth + 1, selfs: none(), children: undefined };
    parent.children.set(name, child);
  }
  return child;
}

function depthFirst(root: Branch): JoinedFrame[] {
  const frames: JoinedFrame[] = [];
  const pending = [root];
  for (let branch = pending.pop(); branch; branch = pending.pop()) {
    const { children, ...frame } = branch;
    frames.push(frame);
    // The last on the pile is the next.
    for (const child of [...(children?.values() ?? [])].sort(lastNameFirst)) pending.push(child);
  }
  return frames;
}

const lastNameFirst = (one: Branch, other: Branch): number => (one.name < other.name ? 1 : -1);
