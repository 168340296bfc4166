import type { LivenessReply, State } from '../status/liveness.ts';
import { stateOf } from '../status/liveness.ts';
import type { NodeStatus, NodesReply } from '../status/nodes.ts';
import type { Probe } from './probe.ts';

/** One node, of all that is known of it. */
export interface NodeView {
  readonly id: string;
  readonly state: State;
  /** Undefined where the cluster does not list it: it has left, or has not told of itself yet. */
  readonly status: NodeStatus | undefined;
  /** Whether the numbers of the status are of now: those of a node that is gone stay as they were. */
  readonly current: boolean;
  /** Of the endpoint that is this node. */
  readonly probe: Probe | undefined;
}

export interface Seen {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly nodes: NodesReply;
  readonly liveness: LivenessReply | undefined;
  readonly probes: ReadonlyMap<string, Probe>;
}

/** A node tells of itself every ten seconds. */
const maxStatusAgeMs = 60_000;
/** So long a node that is not ready yet counts as one that starts. */
const startMs = 5 * 60_000;

/** In the order of their ids. */
export function viewsOf({ time, nodes, liveness, probes }: Seen): readonly NodeView[] {
  const byId = new Map(nodes.nodes.map((node) => [node.id, node]));
  const ids = new Set([...byId.keys(), ...nodes.liveness.keys(), ...(liveness?.statuses.keys() ?? [])]);
  // Against the newest of them, not our own clock.
  const newest = Math.max(...nodes.nodes.map(({ updatedAt = -Infinity }) => updatedAt));
  return [...ids]
    .sort((a, b) => Number(a) - Number(b))
    .map((id) => {
      const status = byId.get(id);
      const probe = probes.get(id);
      const told = liveness?.statuses.get(id) ?? stateOf(nodes.liveness.get(id));
      const draining = liveness?.draining.has(id) === true;
      const state = refine(told, { draining, status, probe, time });
      const fresh = status?.updatedAt === undefined || status.updatedAt >= newest - maxStatusAgeMs;
      return { id, state, status, probe, current: status !== undefined && fresh && !isGone(state) };
    });
}

export const isGone = (state: State): boolean =>
  state === 'dead' || state === 'unavailable' || state === 'decommissioned';

interface Hints {
  readonly draining: boolean;
  readonly status: NodeStatus | undefined;
  readonly probe: Probe | undefined;
  readonly time: number;
}

function refine(told: State, { draining, status, probe, time }: Hints): State {
  if (told !== 'live' && told !== 'unknown') return told;
  if (draining) return 'draining';
  const startsNow = status?.startedAt !== undefined && time - status.startedAt < startMs;
  const notReady = probe?.health?.ready === false;
  return startsNow && (notReady || told === 'unknown') ? 'initialising' : told;
}
