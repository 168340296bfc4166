import { compare, magnitude, sum } from './int64.ts';
import type { Int64 } from './int64.ts';
import type { Frame } from './nodes.ts';
import { createPairs } from './pairs.ts';
import type { Pairs } from './pairs.ts';
import type { Profile, ValueType } from './profile.ts';
import { bySelf, byText, byTotal } from './top.ts';
import { viewOf } from './view.ts';
import type { View, ViewOptions } from './view.ts';

export interface GraphOptions extends ViewOptions {
  /** `self` by default. */
  readonly sort?: 'self' | 'total';
  /** How many nodes at most; all by default. */
  readonly limit?: number;
  /** Nodes whose total is a smaller share of all that is shown are left out. 0 by default; go tool pprof has 0.005. */
  readonly minNodeShare?: number;
  /** The same for calls. 0 by default; go tool pprof has 0.001. */
  readonly minEdgeShare?: number;
}

/** Who calls whom. */
export interface Graph {
  readonly sampleType: ValueType;
  /** Of the profile before it was filtered. */
  readonly total: Int64;
  readonly nodes: readonly GraphNode[];
  /** Nodes below `minNodeShare`. */
  readonly dropped: number;
  /** What `minNodeShare` of the total is. */
  readonly cutoff: Int64;
  /** Nodes beyond `limit`. */
  readonly omitted: number;
}

export interface GraphNode extends Frame {
  readonly self: Int64;
  readonly total: Int64;
  /** The most first. */
  readonly callers: readonly GraphEdge[];
  readonly callees: readonly GraphEdge[];
}

/** A call, and what was spent in it. */
export interface GraphEdge {
  readonly caller: GraphNode;
  readonly callee: GraphNode;
  readonly value: Int64;
  /** Every such call was inlined into its caller. */
  readonly inlined: boolean;
}

/** The call graph: for each function (or file, or line) what was spent in it, who called it, and what it called. */
export function callGraph(profile: Profile, options: GraphOptions = {}): Graph {
  const view = viewOf(profile, options);
  const { sampleType, total } = view;
  const all = build(view, new Uint8Array(view.nodes.frames.length).fill(1));
  const shown = all.reduce<Int64>((so, { node }) => sum(so, node.self), 0);
  const nodeCutoff = shareOf(shown, options.minNodeShare);
  const edgeCutoff = shareOf(shown, options.minEdgeShare);
  const order = options.sort === 'total' ? byTotal : bySelf;

  let nodes = all.filter(({ node }) => magnitude(node.total) >= nodeCutoff);
  const dropped = all.length - nodes.length;
  if (dropped > 0) nodes = build(view, marks(view, nodes));
  nodes.sort((one, other) => order(one.node, other.node));
  const limited = nodes.slice(0, options.limit ?? nodes.length);
  const omitted = nodes.length - limited.length;
  if (omitted > 0) {
    nodes = build(view, marks(view, limited));
    nodes.sort((one, other) => order(one.node, other.node));
  }
  for (const { node } of nodes) trimEdges(node, edgeCutoff);
  return {
    sampleType,
    total,
    nodes: nodes.map(({ node }) => node),
    dropped,
    cutoff: shareOf(total, options.minNodeShare),
    omitted,
  };
}

/** As Go: what is behind the point is cut off. */
const shareOf = (value: Int64, share = 0): number => Math.abs(Math.trunc(Number(value) * share));

interface Built {
  readonly index: number;
  readonly node: MutableNode;
}

interface MutableNode extends GraphNode {
  callers: GraphEdge[];
  callees: GraphEdge[];
}

const marks = (view: View, nodes: readonly Built[]): Uint8Array => {
  const kept = new Uint8Array(view.nodes.frames.length);
  for (const { index } of nodes) kept[index] = 1;
  return kept;
};

function trimEdges(node: MutableNode, cutoff: number): void {
  const heavy = ({ value }: GraphEdge): boolean => magnitude(value) >= cutoff;
  node.callers = node.callers.filter(heavy).sort(byValue);
  node.callees = node.callees.filter(heavy).sort(byValue);
}

const byValue = (one: GraphEdge, other: GraphEdge): number =>
  compare(magnitude(other.value), magnitude(one.value)) ||
  byText(one.caller.name, other.caller.name) ||
  byText(one.callee.name, other.callee.name);

/** Sums of what is kept, by node and by edge. A call over nodes that are not kept joins those that are. */
function build(view: View, kept: Uint8Array): Built[] {
  const { frames } = view.nodes;
  const parts = view.weights.columns.map((weight) => sumUp(view, { weight, kept }));
  const part = (name: 'self' | 'total' | 'edge'): Float64Array[] => parts.map((one) => one[name]);
  const [selfs, totals, edges] = [part('self'), part('total'), part('edge')];
  const built: (MutableNode | undefined)[] = frames.map((frame, index) => {
    const [self, total] = [view.weights.total(selfs, index), view.weights.total(totals, index)];
    return self === 0 && total === 0 ? undefined : { ...frame, self, total, callers: [], callees: [] };
  });
  // All columns go over the same samples, so their edges are the same.
  const { pairs, isInlined } = parts[0]!;
  for (let index = 1; index < pairs.first.length; index++) {
    const [caller, callee] = [built[pairs.first.array[index]!], built[pairs.second.array[index]!]];
    if (!caller || !callee) continue;
    const edge = { caller, callee, value: view.weights.total(edges, index), inlined: isInlined[index] === 1 };
    caller.callees.push(edge);
    callee.callers.push(edge);
  }
  return built.flatMap((node, index) => (node ? [{ index, node }] : []));
}

interface Sums {
  readonly self: Float64Array;
  readonly total: Float64Array;
  readonly pairs: Pairs;
  /** By number of the pair. */
  readonly edge: Float64Array;
  readonly isInlined: Uint8Array;
}

function sumUp(
  { profile: { samples }, weights, nodes }: View,
  { weight, kept }: { weight: Float64Array; kept: Uint8Array },
): Sums {
  const { stack, stackStart } = samples;
  const self = new Float64Array(nodes.frames.length);
  const total = new Float64Array(nodes.frames.length);
  const seen = new Int32Array(nodes.frames.length).fill(-1);
  const pairs = createPairs('calls in the call graph');
  let edge = new Float64Array(256);
  let isInlined = new Uint8Array(256).fill(1);
  let edgeSeen = new Int32Array(256).fill(-1);
  for (let sample = 0; sample < samples.count; sample++) {
    if (weights.columns.every((column) => column[sample] === 0)) continue;
    const value = weight[sample]!;
    let parent = -1;
    let isResidual = false;
    for (let at = stackStart[sample + 1]! - 1; at >= stackStart[sample]!; at--) {
      const begin = nodes.start[stack[at]!]!;
      const outermost = nodes.start[stack[at]! + 1]! - 1;
      for (let line = outermost; line >= begin; line--) {
        const node = nodes.node[line]!;
        if (kept[node] === 0) {
          isResidual = true;
          continue;
        }
        if (seen[node] !== sample) {
          seen[node] = sample;
          total[node]! += value;
        }
        if (parent !== -1 && parent !== node) {
          const index = pairs.intern(parent, node);
          if (index >= edge.length) {
            edge = grown(edge, new Float64Array(index * 2));
            isInlined = grown(isInlined, new Uint8Array(index * 2).fill(1));
            edgeSeen = grown(edgeSeen, new Int32Array(index * 2).fill(-1));
          }
          if (edgeSeen[index] !== sample) {
            edgeSeen[index] = sample;
            edge[index]! += value;
            if (line === outermost) isInlined[index] = 0;
          }
        }
        parent = node;
        isResidual = false;
      }
    }
    if (parent !== -1 && !isResidual) self[parent]! += value;
  }
  return { self, total, pairs, edge, isInlined };
}

function grown<List extends Float64Array | Uint8Array | Int32Array>(list: List, larger: List): List {
  larger.set(list);
  return larger;
}
