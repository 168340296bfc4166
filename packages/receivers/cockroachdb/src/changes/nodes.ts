import type { NodeView } from '../cluster/view.ts';
import type { State } from '../status/liveness.ts';
import type { Change, Severity } from './record.ts';

interface Known {
  readonly state: State;
  readonly startedAt: number | undefined;
  readonly version: string | undefined;
}

export interface NodeChange {
  readonly node: string;
  readonly change: Change;
}

const severityOf: Readonly<Record<State, Severity>> = {
  live: 'info',
  draining: 'warning',
  decommissioning: 'warning',
  decommissioned: 'info',
  initialising: 'info',
  unavailable: 'error',
  dead: 'error',
  unknown: 'warning',
};

/** What has become of the nodes since the last time. The first time only what is not as it should be is told. */
export function watchNodes(): (nodes: readonly NodeView[]) => readonly NodeChange[] {
  let known: ReadonlyMap<string, Known> | undefined;

  return (nodes) => {
    const before = known;
    const now = new Map(nodes.map((view) => [view.id, knownOf(view, before?.get(view.id))]));
    known = now;
    const changes = [...now].flatMap(([node, one]) =>
      changesOf(node, one, before ? { was: before.get(node) } : undefined).map((change) => ({ node, change })),
    );
    for (const [node, { state }] of before ?? []) if (!now.has(node)) changes.push({ node, change: left(node, state) });
    return changes;
  };
}

/** What the cluster does not tell at this time is as it was. */
const knownOf = ({ state, status }: NodeView, before: Known | undefined): Known => ({
  state,
  startedAt: status?.startedAt ?? before?.startedAt,
  version: status?.version ?? before?.version,
});

function changesOf(node: string, now: Known, before: { readonly was: Known | undefined } | undefined): Change[] {
  const { state, version } = now;
  if (!before) return state === 'live' || state === 'decommissioned' ? [] : [stateIs(node, state, undefined)];
  const { was } = before;
  if (!was) return [joined(node, state, version)];
  const changes: Change[] = [];
  if (was.startedAt !== undefined && now.startedAt !== was.startedAt) changes.push(restarted(node));
  if (was.version !== undefined && version !== was.version) changes.push(upgraded(node, was.version, version ?? ''));
  if (was.state !== state) changes.push(stateIs(node, state, was.state));
  return changes;
}

const stateIs = (node: string, state: State, was: State | undefined): Change => ({
  severity: severityOf[state],
  body: `Node ${node} is ${state}${was === undefined ? '' : `; it was ${was}`}.`,
  eventName: 'cockroachdb.node.state',
  attributes: {
    'cockroachdb.node.state': state,
    ...(was !== undefined && { 'cockroachdb.node.previous_state': was }),
  },
});

const joined = (node: string, state: State, version: string | undefined): Change => ({
  severity: 'info',
  body: `Node ${node} has joined; it is ${state}.`,
  eventName: 'cockroachdb.node.join',
  attributes: { 'cockroachdb.node.state': state, ...(version !== undefined && { 'cockroachdb.version': version }) },
});

const left = (node: string, state: State): Change => ({
  severity: state === 'decommissioned' ? 'info' : 'warning',
  body: `Node ${node} is no longer a part of the cluster; it was ${state}.`,
  eventName: 'cockroachdb.node.leave',
  attributes: { 'cockroachdb.node.previous_state': state },
});

const restarted = (node: string): Change => ({
  severity: 'warning',
  body: `Node ${node} has been started again.`,
  eventName: 'cockroachdb.node.restart',
});

const upgraded = (node: string, was: string, version: string): Change => ({
  severity: 'info',
  body: `Node ${node} runs ${version}; it ran ${was}.`,
  eventName: 'cockroachdb.node.version',
  attributes: { 'cockroachdb.version': version, 'cockroachdb.previous_version': was },
});
