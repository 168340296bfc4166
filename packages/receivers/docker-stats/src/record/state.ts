import type { Entity } from '@millrace/core';
import type { Container } from '../containers/container.ts';
import type { metrics } from '../metrics.ts';
import { shared } from './attributes.ts';

const status = shared((state) => ({ status: state }));

/** Records what the engine says of a container, running or not. */
export function recordState(entity: Entity<typeof metrics>, container: Container, now: number): void {
  const { state, health, restarts, exitCode, pid, startedAt } = container;
  entity.record('container.status', 1, status(state));
  if (health !== undefined) entity.record('container.health', 1, status(health));
  entity.record('container.restarts', restarts);
  entity.record('container.exit_code', exitCode);
  if (pid !== undefined && startedAt !== undefined && now >= startedAt)
    entity.record('container.uptime', (now - startedAt) / 1000);
}
