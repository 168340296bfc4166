import type { CollectorStatus } from '@millrace/core';
import { formatDuration } from '@millrace/core';
import type { Config } from './config.ts';

export type Policy = Pick<Config, 'exporter_failing_for' | 'queue_fill' | 'queue_fill_for'>;

export interface Trouble {
  /** Its place in the graph: `exporter/otlp`. */
  readonly component: string;
  readonly reason: string;
}

export interface Health {
  /** Looks at queues, which must have been full for some time to be trouble. */
  sample(status: CollectorStatus, now: number): void;
  /** What is wrong by the policy, as of the last sample. */
  troubles(status: CollectorStatus, now: number): readonly Trouble[];
}

export function createHealth({ exporter_failing_for, queue_fill, queue_fill_for }: Policy): Health {
  const fullSince = new Map<string, number>();

  function sample({ exporters }: CollectorStatus, now: number): void {
    if (queue_fill === undefined) return;
    for (const component of fullSince.keys()) if (!exporters.has(component)) fullSince.delete(component);
    for (const [component, { queue }] of exporters) {
      if (!queue || queue.size < queue_fill * queue.capacity) fullSince.delete(component);
      else if (!fullSince.has(component)) fullSince.set(component, now);
    }
  }

  function* reasons({ ready, starting, exporters }: CollectorStatus, now: number): Generator<Trouble> {
    if (!ready && starting.size === 0) yield { component: 'collector', reason: 'it is starting or stopping' };
    for (const [component, why] of starting)
      yield { component, reason: why ? `it has not started yet: ${why}` : 'it has not started yet' };
    for (const [component, { failingSince, lastError, queue }] of exporters) {
      if (exporter_failing_for > 0 && failingSince !== undefined && now - failingSince >= exporter_failing_for)
        yield {
          component,
          reason: `nothing has got through for ${formatDuration(now - failingSince)}${lastError ? `: ${lastError}` : ''}`,
        };
      const since = fullSince.get(component);
      if (queue && since !== undefined && now - since >= queue_fill_for)
        yield { component, reason: `the sending queue holds ${queue.size} of ${queue.capacity}` };
    }
  }

  return { sample, troubles: (status, now) => [...reasons(status, now)] };
}
