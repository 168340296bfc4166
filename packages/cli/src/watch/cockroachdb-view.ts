import type { ClusterState } from './cluster-state.ts';
import { type CockroachNode, type CockroachSummary, nodesOf, summaryOf } from './cockroachdb.ts';
import type { Paint } from './paint.ts';
import { type Cell, flow, layTable, type Page } from './table.ts';
import { age, bytes, count, percent, seconds, signedSeconds, unknown, type Value } from './units.ts';

const statePaint: Readonly<Record<string, Paint>> = {
  live: 'green',
  dead: 'red',
  unavailable: 'red',
  draining: 'yellow',
  decommissioning: 'yellow',
  initialising: 'yellow',
  decommissioned: 'dim',
};

interface NodeColumn {
  readonly title: string;
  readonly align?: 'left';
  /** Where there is not room for all, those with the highest number go first. */
  readonly rank: number;
  cell(node: CockroachNode): Cell;
}

const columns: readonly NodeColumn[] = [
  { title: 'NODE', rank: 0, cell: ({ id }) => ({ text: id }) },
  {
    title: 'STATE',
    align: 'left',
    rank: 0,
    cell: ({ state = unknown }) => ({ text: state, paint: statePaint[state] }),
  },
  { title: 'UP', align: 'left', rank: 8, cell: upCell },
  { title: 'VERSION', align: 'left', rank: 11, cell: ({ version = unknown }) => ({ text: version }) },
  { title: 'UPTIME', rank: 6, cell: ({ uptime }) => ({ text: age(uptime) }) },
  { title: 'DISK', rank: 1, cell: ({ capacityUsed }) => ({ text: percent(capacityUsed) }) },
  { title: 'MEM', rank: 2, cell: ({ memory }) => ({ text: percent(memory) }) },
  { title: 'RANGES', rank: 9, cell: ({ ranges }) => ({ text: count(ranges) }) },
  { title: 'REPL', rank: 12, cell: ({ replicas }) => ({ text: count(replicas) }) },
  { title: 'LEASES', rank: 10, cell: ({ leaseholders }) => ({ text: count(leaseholders) }) },
  { title: 'QPS', rank: 3, cell: ({ queries }) => ({ text: count(queries) }) },
  { title: 'HB P99', rank: 5, cell: ({ heartbeat }) => ({ text: seconds(heartbeat) }) },
  { title: 'OFFSET', rank: 4, cell: ({ clockOffset }) => ({ text: signedSeconds(clockOffset) }) },
  { title: 'RTT', rank: 7, cell: ({ roundTrip }) => ({ text: seconds(roundTrip) }) },
  { title: 'CONNS', rank: 13, cell: ({ connections }) => ({ text: count(connections) }) },
];

function upCell({ up, ready }: CockroachNode): Cell {
  if (up === undefined) return { text: unknown };
  if (Number(up) === 0) return { text: 'NO', paint: 'red' };
  return ready !== undefined && Number(ready) === 0 ? { text: 'not ready', paint: 'yellow' } : { text: 'yes' };
}

/** A summary of the cluster, a row a node, and what did not answer. */
export function cockroachView(state: ClusterState, page: Page): string[] {
  const nodes = nodesOf(state);
  const summary = summaryOf(state);
  return [...flow(summaryCells(summary), page), ...nodeTable(nodes, page), ...flow(failures(summary, nodes), page)];
}

function summaryCells(of: CockroachSummary): Cell[] {
  const { heartbeat, clockOffset, ranges } = of;
  const failed = of.up !== undefined && Number(of.up) === 0;
  const states = [...of.nodes].map(([state, nodes]) => `${count(nodes)} ${state}`).join(', ');
  const worst = [...of.nodes.keys()].map((state) => statePaint[state]);
  const bad = worst.find((how) => how === 'red') ?? worst.find((how) => how === 'yellow');
  const at = (node: string | undefined): string => (node === undefined ? '' : ` (node ${node})`);
  const cells: Cell[] = [
    { text: `nodes ${states || unknown}`, paint: bad },
    { text: `disk ${percent(of.capacityUsed)} of ${bytes(of.capacity)}` },
    { text: `ranges ${count(ranges('total'))}` },
    alarm('unavailable ranges', ranges('unavailable'), 'red'),
    alarm('under-replicated ranges', ranges('underreplicated'), 'yellow'),
    ...(Number(ranges('overreplicated') ?? 0) > 0
      ? [alarm('over-replicated ranges', ranges('overreplicated'), 'yellow')]
      : []),
    { text: `${count(of.queries)} QPS` },
    { text: `heartbeat p99 ${seconds(heartbeat.value)}${at(heartbeat.node)}` },
    { text: `clock offset ${signedSeconds(clockOffset.value)}${at(clockOffset.node)}` },
    { text: `SQL connections ${count(of.connections)}` },
    { text: `pending tasks ${count(of.pending)}` },
    { text: `jobs ${count(of.jobs)}` },
    { text: `oldest task ${age(of.oldestTask)}` },
  ];
  if (!failed) return cells;
  const known = cells.filter(({ text }) => !text.includes(unknown));
  return [{ text: `PROBE FAILED: ${of.reason ?? 'no reason given'}`, paint: 'red' }, ...known];
}

const alarm = (what: string, value: Value, how: Paint): Cell => ({
  text: `${what} ${count(value)}`,
  paint: Number(value ?? 0) > 0 ? how : undefined,
});

function nodeTable(nodes: readonly CockroachNode[], page: Page): string[] {
  if (nodes.length === 0) return [];
  const rows = nodes.map((node) => columns.map(({ cell }) => cell(node)));
  // A column of which nothing is known is the first to make room.
  const rank = (at: number): number =>
    columns[at]!.rank + (rows.every((row) => row[at]!.text === unknown) ? columns.length : 0);
  const shownColumns = columns.map(({ title, align = 'right' as const }, at) => ({ title, align, rank: rank(at) }));
  const { lines, hidden } = layTable({ columns: shownColumns, rows }, page);
  const note: Cell[] = hidden.length === 0 ? [] : [{ text: `no room for: ${hidden.join(', ')}`, paint: 'dim' }];
  return [...lines, ...flow(note, page)];
}

const failures = ({ failedProbes }: CockroachSummary, nodes: readonly CockroachNode[]): Cell[] =>
  [
    ...nodes.flatMap(({ id, up, reason }) =>
      up !== undefined && Number(up) === 0 && reason !== undefined ? [`node ${id}: ${reason}`] : [],
    ),
    ...failedProbes.map((probe) => `no answer: ${probe}`),
  ].map((text) => ({ text, paint: 'red' }));
