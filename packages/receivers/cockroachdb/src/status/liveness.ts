import { idOf, listOf, objectOf } from '../json/access.ts';
import { each, type Json, members, type Shape, value } from '../json/shape.ts';

/** `initialising`: it has started, and does not take part yet. `unknown`: the cluster says nothing of it. */
export const states = [
  'live',
  'draining',
  'decommissioning',
  'decommissioned',
  'initialising',
  'unavailable',
  'dead',
  'unknown',
] as const;

export type State = (typeof states)[number];

/** `NodeLivenessStatus` of pkg/kv/kvserver/liveness/livenesspb/liveness.proto: as a number, or its name. */
const byNumber: readonly State[] = [
  'unknown',
  'dead',
  'unavailable',
  'live',
  'decommissioning',
  'decommissioned',
  'draining',
  'initialising',
];

export function stateOf(json: Json | undefined): State {
  if (typeof json === 'number') return byNumber[json] ?? 'unknown';
  if (typeof json !== 'string') return 'unknown';
  const name = json.replace(/^NODE_STATUS_/, '').toLowerCase();
  return name === 'starting' ? 'initialising' : (byNumber.find((state) => state === name) ?? 'unknown');
}

export const livenessShape: Shape = members({
  livenesses: each(members({ nodeId: value, draining: value, membership: value })),
  statuses: each(value),
});

/** `MembershipStatus` of the same file, from version 20.2. */
const decommissioned = 2;

export interface LivenessReply {
  readonly statuses: ReadonlyMap<string, State>;
  /** Older versions have no state for it. */
  readonly draining: ReadonlySet<string>;
}

export function livenessOf(reply: Json | undefined): LivenessReply | undefined {
  const { livenesses, statuses } = objectOf(reply);
  if (livenesses === undefined && statuses === undefined) return undefined;
  const states = new Map(Object.entries(objectOf(statuses)).map(([id, status]) => [id, stateOf(status)]));
  const draining = new Set<string>();
  for (const one of listOf(livenesses).map(objectOf)) {
    const id = idOf(one['nodeId']);
    if (id === undefined) continue;
    if (one['draining'] === true) draining.add(id);
    // The status comes to say so a minute later, after it was `unavailable`.
    if (one['membership'] === decommissioned || one['membership'] === 'DECOMMISSIONED')
      states.set(id, 'decommissioned');
  }
  return { statuses: states, draining };
}
