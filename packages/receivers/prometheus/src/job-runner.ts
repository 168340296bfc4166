import { withFields } from '@millrace/core';
import type { TargetGroup } from './config/job.ts';
import { fileDiscovery } from './discovery/files.ts';
import { jobTargets } from './discovery/targets.ts';
import type { Job } from './job.ts';
import type { Ask } from './scrape/request.ts';
import { pollTarget, type ScrapeHost, type TargetPoller, type TargetStatus } from './scrape/target-poller.ts';

export interface JobRunner {
  /** How each target does. */
  status(): readonly TargetStatus[];
  /** Looks for targets anew. */
  refresh(): Promise<void>;
  /** Ends all scrapes; series do not end. */
  stop(): Promise<void>;
}

/** Finds the targets of a job, and scrapes them. */
export function runJob(job: Job, ask: Ask, host: ScrapeHost): JobRunner {
  const stop = new AbortController();
  const log = withFields(host.log, { job: job.name });
  const targetsOf = jobTargets(job, log);
  const pollers = new Map<string, TargetPoller>();
  /** Of targets that are gone, until their ends are handed on. */
  const ending = new Map<string, Promise<void>>();
  const found: (readonly TargetGroup[])[] = [job.config.static_configs];
  let refusal: Error | undefined;

  function update(): void {
    if (stop.signal.aborted) return;
    const now = targetsOf(found.flat());
    refusal = now.refusal;
    for (const [key, poller] of pollers)
      if (!now.targets.has(key)) {
        pollers.delete(key);
        const ended: Promise<void> = poller.stop('gone').finally(() => {
          if (ending.get(key) === ended) ending.delete(key);
        });
        ending.set(key, ended);
      }
    for (const [key, target] of now.targets)
      if (!pollers.has(key))
        pollers.set(key, pollTarget({ target, ask, refusal: () => refusal, after: ending.get(key) }, host));
  }

  const discoveries = job.config.file_sd_configs.map(({ files, refresh_interval: refreshIntervalMs }, index) =>
    fileDiscovery({
      patterns: files,
      refreshIntervalMs,
      clock: host.clock,
      log,
      found(groups) {
        found[index + 1] = groups;
        update();
      },
    }),
  );
  const refresh = async (): Promise<void> => void (await Promise.all(discoveries.map((one) => one.refresh())));
  update();
  // It ends by itself when it is told to; nobody waits for a file system that hangs.
  void refresh().then(() => discoveries.map((one) => one.run(stop.signal)));

  return {
    status: () => [...pollers.values()].map((one) => one.status()),
    refresh,
    async stop() {
      stop.abort(new Error('shut down'));
      await Promise.all([...ending.values(), ...[...pollers.values()].map((one) => one.stop('shutdown'))]);
    },
  };
}
