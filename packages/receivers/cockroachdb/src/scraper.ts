import type { Context, ScraperInstance } from '@millrace/core';
import { proveTls } from '@millrace/http-client';
import { createCluster } from './cluster/cluster.ts';
import { answer } from './commands/commands.ts';
import type { Config } from './config.ts';
import type { metrics } from './metrics.ts';
import { createMonitor } from './monitor.ts';

/** What of a scrape's time clusters may take; in the rest, what they told is recorded. */
const share = 0.8;
/** One after another, of which none answers: two and a bit, so that the third is still asked. */
const requests = 2.5;

export function createScraper(config: Config, context: Context): ScraperInstance<typeof metrics> {
  const clusters = config.clusters.map((cluster) => createCluster(cluster, config, context));
  const monitors = clusters.map((cluster) => createMonitor(cluster, config.presets));
  let running = false;

  return {
    async start() {
      // Only what is wrong with the config itself: a cluster that is down is told of while the rest runs.
      for (const { tls } of config.clusters) proveTls(tls);
      running = true;
    },

    async scrape(run) {
      if (!running) return;
      const limitMs = Math.min(requests * config.request_timeout, share * run.timeoutMs);
      const signal = AbortSignal.any([run.signal, AbortSignal.timeout(Math.max(1, Math.floor(limitMs)))]);
      await Promise.all(monitors.map((monitor) => monitor.scrape(run, signal)));
    },

    command: (call) => answer(clusters, call),

    async shutdown(signal) {
      running = false;
      await Promise.all(clusters.map(({ client }) => client.close(signal)));
    },
  };
}
