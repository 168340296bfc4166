import type { Component, Consumer, Context } from '@millrace/core';
import { dropCounter } from '@millrace/core';
import { createLimiter } from '@millrace/polling';
import type { Config } from './config/schema.ts';
import { jobsOf } from './job.ts';
import { type JobRunner, runJob } from './job-runner.ts';
import { handingLog } from './scrape/delivery.ts';
import { createRequester, type Requester } from './scrape/request.ts';
import type { ScrapeHost } from './scrape/target-poller.ts';

/** Scrapes that are under way at once, over all jobs; more wait. */
const mostScrapes = 1_000;

export function createReceiver(config: Config, context: Context, next: Consumer): Component {
  const deadline = new AbortController();
  const jobs = jobsOf(config);
  const host: ScrapeHost = {
    clock: context.clock,
    log: context.log,
    next,
    limiter: createLimiter(mostScrapes),
    startTime: config,
    handing: handingLog(context),
    dropped: dropCounter(context),
    deadline: deadline.signal,
  };
  let running: { readonly runners: readonly JobRunner[]; readonly requesters: readonly Requester[] } | undefined;

  return {
    async start() {
      if (running) return;
      const requesters = jobs.map((job) => createRequester(job));
      running = { requesters, runners: jobs.map((job, index) => runJob(job, requesters[index]!.ask, host)) };
    },
    async reload() {
      await Promise.all(running?.runners.map((one) => one.refresh()) ?? []);
    },
    /** The one command there is: targets. */
    async command({ arguments: { job } }) {
      const all = running?.runners.flatMap((one) => one.status()) ?? [];
      return { targets: all.filter((target) => job === undefined || target.job === job) };
    },
    async shutdown(signal) {
      if (!running) return;
      const { runners, requesters } = running;
      const expire = (): void => deadline.abort(signal.reason);
      if (signal.aborted) expire();
      signal.addEventListener('abort', expire);
      await Promise.all(runners.map((one) => one.stop()));
      await Promise.all(requesters.map((one) => one.close(signal)));
      signal.removeEventListener('abort', expire);
    },
  };
}
