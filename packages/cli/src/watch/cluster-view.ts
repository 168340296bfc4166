import { harmless } from './harmless.ts';
import type { ClusterState, LogLine } from './cluster-state.ts';
import { isCockroach } from './cockroachdb.ts';
import { cockroachView } from './cockroachdb-view.ts';
import { genericView } from './generic-view.ts';
import { attributesText, shown } from './readings.ts';
import { type Cell, flow, type Page } from './table.ts';
import { age } from './units.ts';

const shownLogs = 5;

/** The lines of one cluster. `nowMs` is by the service's clock; without it, the block says when and not how long ago. */
export function clusterView(state: ClusterState, page: Page, nowMs?: number): string[] {
  const { name, items, logs } = state;
  const heading: Cell[] = [
    { text: name === '' ? '(no cluster name)' : harmless(name, 60), paint: 'bold' },
    reported(state, nowMs),
  ];
  const others = [...items].filter(([signal]) => signal !== 'metrics' && signal !== 'logs');
  return [
    ...flow(heading, page),
    ...metricsView(state, page),
    ...others.map(([signal, count]) => `${signal}: ${count} ${count === 1 ? 'item' : 'items'} in the newest report`),
    ...logs.slice(-shownLogs).map((line) => logLine(line, page)),
  ];
}

function reported({ timeMs, expectedWithinMs }: ClusterState, nowMs: number | undefined): Cell {
  if (nowMs === undefined) return { text: `reported at ${new Date(timeMs).toISOString()}` };
  const since = age((nowMs - timeMs) / 1000);
  if (nowMs - timeMs <= expectedWithinMs) return { text: `reported ${since} ago` };
  return { text: `NO REPORT FOR ${since}`, paint: 'red' };
}

function metricsView(state: ClusterState, page: Page): string[] {
  if (state.resources.length > 0) return isCockroach(state) ? cockroachView(state, page) : genericView(state, page);
  return state.items.has('metrics') ? ['All its series have ended.'] : [];
}

function logLine({ timeMs, severity, body, eventName, attributes, resource }: LogLine, page: Page): string {
  const text = body === null || body === '' ? (eventName ?? attributesText(attributes)) : body;
  const node = resource['cockroachdb.node.id'];
  const cells: Cell[] = [
    { text: Number.isFinite(timeMs) ? new Date(timeMs).toTimeString().slice(0, 8) : '', paint: 'dim' },
    {
      text: harmless(severity, 10),
      paint: /ERR|FATAL/i.test(severity) ? 'red' : /WARN/i.test(severity) ? 'yellow' : 'dim',
    },
    ...(node === undefined ? [] : [{ text: `node ${shown(node)}` }]),
    { text: shown(text) },
  ];
  return flow(
    cells.filter((cell) => cell.text !== ''),
    { ...page, width: Number.POSITIVE_INFINITY },
  ).join('');
}
