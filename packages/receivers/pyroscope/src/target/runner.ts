import { clientOf, createAsk } from '@millrace/http-client';
import { createPollers, type Limiter } from '@millrace/polling';
import type { TargetConfig } from '../config/target.ts';
import type { Runner, ServerHost } from '../server/runner.ts';
import { discoverTargets } from './discovery.ts';
import { endsHandOver } from './ends.ts';
import { wantedProfiles } from './profiles.ts';
import { pollTarget } from './target-poller.ts';
import type { Target } from './target.ts';

export interface TargetsRunner extends Runner {
  /** Looks for targets now. Never rejects. */
  refresh(): Promise<void>;
}

/** Finds the targets of a part of the config, and pulls their profiles. */
export function runTargets(config: TargetConfig, limiter: Limiter, host: ServerHost): TargetsRunner {
  const { clock, log } = host.context;
  const stop = new AbortController();
  const client = clientOf(config);
  const wanted = wantedProfiles(config);
  const poll = {
    config: host.config,
    wants: host.wants,
    clock,
    log,
    ask: createAsk(client, config),
    limiter,
    handOver: host.handOver,
    handOverEnds: endsHandOver({ ...host, stopping: stop.signal }),
    intervalMs: config.scrape_interval,
    timeoutMs: config.scrape_timeout,
    spareMs: config.scrape_timeout - config.delta_profiling_duration,
    dropped: host.dropped,
  };
  const pollers = createPollers((target: Target, after) => pollTarget({ target, wanted, after }, poll));
  const { refresh, run } = discoverTargets(config, {
    clock,
    log,
    found: (targets) => pollers.update(new Map(targets.map((target) => [target.key, target]))),
  });
  // It ends by itself when it is told to; nobody waits for a file system that hangs.
  void refresh().then(() => run(stop.signal));

  return {
    refresh,
    async stop(signal) {
      stop.abort(new Error('shut down'));
      await pollers.stop();
      await client.close(signal);
    },
  };
}
