import { withFields } from '@millrace/core';
import { createPollers } from '@millrace/polling';
import { targetFiles } from '@millrace/target-files';
import type { TargetGroup } from './config/job.ts';
import { jobTargets } from './discovery/targets.ts';
import type { Job } from './job.ts';
import type { Ask } from './scrape/request.ts';
import { pollTarget, type ScrapeHost, type TargetStatus } from './scrape/target-poller.ts';
import type { Target } from './target.ts';

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
  const pollers = createPollers((target: Target, after) =>
    pollTarget({ target, ask, refusal: () => refusal, after }, host),
  );
  const found: (readonly TargetGroup[])[] = [job.config.static_configs];
  let refusal: Error | undefined;

  function update(): void {
    const now = targetsOf(found.flat());
    refusal = now.refusal;
    pollers.update(now.targets);
  }

  const discoveries = job.config.file_sd_configs.map(({ files, refresh_interval: refreshIntervalMs }, index) =>
    targetFiles({
      patterns: files,
      refreshIntervalMs,
      clock: host.clock,
      log,
      found(groups) {
        found[index + 1] = groups.map(({ path, targets, labels }) => ({
          targets,
          labels: { ...labels, __meta_filepath: path },
        }));
        update();
      },
    }),
  );
  const refresh = async (): Promise<void> => void (await Promise.all(discoveries.map((one) => one.refresh())));
  update();
  // It ends by itself when it is told to; nobody waits for a file system that hangs.
  void refresh().then(() => discoveries.map((one) => one.run(stop.signal)));

  return {
    status: () => pollers.all().map((one) => one.status()),
    refresh,
    async stop() {
      stop.abort(new Error('shut down'));
      await pollers.stop();
    },
  };
}
