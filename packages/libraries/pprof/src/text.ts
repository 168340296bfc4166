import { callGraph } from './graph.ts';
import type { Graph, GraphEdge, GraphNode, GraphOptions } from './graph.ts';
import { compare, magnitude, sum } from './int64.ts';
import type { Int64 } from './int64.ts';
import { joinLines } from './lines.ts';
import type { Profile } from './profile.ts';
import { sampleTypeIndex } from './profile.ts';
import { formatPercentage, formatValue, scaleValue } from './units.ts';
import { prunedFor, totalOf } from './view.ts';

export interface TextOptions extends GraphOptions {
  /** Of all values; `auto`: each has the one that suits it; `minimum`, the default: the one that suits the least. */
  readonly unit?: string;
}

/** The table that `go tool pprof -top` prints, with its defaults. */
export function formatTop(profile: Profile, options: TextOptions = {}): string {
  const graph = callGraph(profile, { minNodeShare: 0.005, minEdgeShare: 0.001, ...options });
  const format = formatter(graph, options.unit);
  const share = (value: Int64): string => formatPercentage(value, graph.total);
  const lines = [...headerLines(profile, { options, format }), ...shownLines(graph, format)];
  lines.push(
    `${'flat'.padStart(10)} ${'flat'.padStart(5)}% ${'sum'.padStart(5)}% ${'cum'.padStart(10)} ${'cum'.padStart(5)}%`,
  );
  let before: Int64 = 0;
  for (const node of graph.nodes) {
    before = sum(before, node.self);
    lines.push(
      `${format(node.self).padStart(10)} ${share(node.self)} ${share(before)} ${format(node.total).padStart(10)} ${share(node.total)}  ${node.name}${inlineLabel(node)}`,
    );
  }
  return joinLines(lines);
}

/** The callers and callees of each node, as `go tool pprof -tree` prints them, with its defaults. */
export function formatTree(profile: Profile, options: TextOptions = {}): string {
  const graph = callGraph(profile, { minNodeShare: 0.005, minEdgeShare: 0.001, limit: 80, ...options });
  const format = formatter(graph, options.unit);
  const share = (value: Int64): string => formatPercentage(value, graph.total);
  const separator = `${'-'.repeat(58)}+${'-'.repeat(13)}`;
  const lines = [...headerLines(profile, { options, format }), ...shownLines(graph, format), separator];
  lines.push('      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t ');
  let before: Int64 = 0;
  for (const node of graph.nodes) {
    const call = (edge: GraphEdge, other: GraphNode): string =>
      `${format(edge.value).padStart(50)} ${formatPercentage(edge.value, node.total)} |   ${other.name}${edge.inlined ? ' (inline)' : ''}`;
    before = sum(before, node.self);
    lines.push(separator, ...node.callers.map((edge) => call(edge, edge.caller)));
    lines.push(
      `${format(node.self).padStart(10)} ${share(node.self)} ${share(before)} ${format(node.total).padStart(10)} ${share(node.total)}                | ${node.name}`,
    );
    lines.push(...node.callees.map((edge) => call(edge, edge.callee)));
  }
  if (graph.nodes.length > 0) lines.push(separator);
  return joinLines(lines);
}

type Format = (value: Int64) => string;

function inlineLabel({ callers }: GraphNode): string {
  if (!callers.some(({ inlined }) => inlined)) return '';
  return callers.every(({ inlined }) => inlined) ? ' (inline)' : ' (partial-inline)';
}

/** What the profile says of itself. */
function headerLines(profile: Profile, { options, format }: { options: TextOptions; format: Format }): string[] {
  const { strings, mappings } = profile;
  const type = sampleTypeIndex(profile, options.sampleType);
  const sampleType = profile.sampleTypes[type]!;
  const lines: string[] = [];
  const file = mappings.count > 0 ? strings.at(mappings.file[0]!) : '';
  const buildId = mappings.count > 0 ? strings.at(mappings.buildId[0]!) : '';
  if (file !== '') lines.push(`File: ${file.slice(file.lastIndexOf('/') + 1)}`);
  if (buildId !== '') lines.push(`Build ID: ${buildId}`);
  lines.push(...profile.comments.filter((comment) => !comment.startsWith('#')));
  if (sampleType.type !== '') lines.push(`Type: ${sampleType.type}`);
  if (profile.docUrl !== '') lines.push(`Doc: ${profile.docUrl}`);
  if (profile.timeNanos !== 0n) lines.push(`Time: ${formatTime(profile.timeNanos)}`);
  if (profile.durationNanos !== 0n) {
    const total = totalOf(prunedFor(profile, options), type);
    const nanos = scaleValue(total, sampleType.unit, 'nanoseconds');
    const share =
      nanos.unit === 'ns' && nanos.value !== 0
        ? `(${formatPercentage(Math.trunc(nanos.value), Number(profile.durationNanos))})`
        : '';
    lines.push(
      `Duration: ${formatValue(profile.durationNanos, 'nanoseconds')}, Total samples = ${format(total)} ${share}`,
    );
  }
  return [...lines, ...filterLines(options)];
}

/** Seconds, in UTC. */
const formatTime = (nanos: bigint): string =>
  `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const filterNames = {
  focus: 'focus',
  ignore: 'ignore',
  hide: 'hide',
  show: 'show',
  showFrom: 'show_from',
  tagFocus: 'tagfocus',
  tagIgnore: 'tagignore',
} as const;

function filterLines(options: TextOptions): string[] {
  const active = Object.entries(filterNames).flatMap(([key, name]) => {
    const value = options[key as keyof typeof filterNames];
    if (value === undefined || value === '') return [];
    const line = `${name}=${typeof value === 'string' ? value : value.source}`;
    return [`   ${line.length > 80 ? `${line.slice(0, 80)}…` : line}`];
  });
  return active.length === 0 ? [] : ['Active filters:', ...active];
}

function shownLines({ nodes, total, dropped, cutoff, omitted }: Graph, format: Format): string[] {
  const shown = nodes.reduce<Int64>((so, { self }) => sum(so, self), 0);
  const lines = [
    `Showing nodes accounting for ${format(shown)}, ${formatPercentage(shown, total).trim()} of ${format(total)} total`,
  ];
  if (total !== 0 && dropped > 0)
    lines.push(`Dropped ${dropped} node${dropped > 1 ? 's' : ''} (cum <= ${format(cutoff)})`);
  if (total !== 0 && omitted > 0) lines.push(`Showing top ${nodes.length} nodes out of ${nodes.length + omitted}`);
  return lines;
}

/** Prints values in one unit, chosen so that the least that is shown is not 0.00 and the greatest stays short. */
function formatter({ nodes, total, sampleType }: Graph, unit = 'minimum'): Format {
  const from = sampleType.unit;
  if (unit !== 'minimum' || nodes.length === 0) return (value) => formatValue(value, from, unit);
  const least = nodes
    .map(({ self, total: all }) => magnitude(self === 0 ? all : self))
    .filter((value) => value !== 0)
    .reduce<Int64>((so, value) => (so === 0 || compare(value, so) < 0 ? value : so), 0);
  const min = least === 0 ? total : least;
  const unitOf = (value: Int64): string => scaleValue(value, from, 'minimum').unit;
  let to = unitOf(min);
  if (to !== unitOf(total) && Number(min) * 100 < Number(total)) to = unitOf(Number(min) * 100);
  return (value) => formatValue(value, from, to || from);
}
