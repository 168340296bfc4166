import type { Finding } from '@millrace/core';
import { describeError, formatDuration } from '@millrace/core';
import { shown } from '@millrace/http-client';
import { withDeadline } from '@millrace/polling';
import type { Config } from './config/schema.ts';
import { jobTargets } from './discovery/targets.ts';
import { jobsOf } from './job.ts';
import { pageFormat } from './scrape/page.ts';
import { createRequester, type Requester } from './scrape/request.ts';
import type { Target } from './target.ts';

/** Of a job; more are not tried. */
const mostTried = 20;

/** Whether the targets that the config itself says show pages of metrics. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    jobsOf(config).map(async (job) => {
      const requester = createRequester(job);
      const wrong: Finding[] = [];
      const warn = ({ error }: { readonly error?: unknown }, message: string): void =>
        void wrong.push({ level: 'warning', text: `${message} ${describeError(error)}`, advice: 'Correct the job.' });
      const silent = (): void => {};
      const { targets } = jobTargets(job, { debug: silent, info: silent, warn, error: silent })(
        job.config.static_configs,
      );
      const tried = [...targets.values()].slice(0, mostTried);
      const found = await Promise.all(tried.map((target) => tryTarget(target, requester)));
      await requester.close(AbortSignal.timeout(1_000));
      return [...wrong, ...found];
    }),
  );
  return findings.flat();
}

async function tryTarget(target: Target, { ask }: Requester): Promise<Finding> {
  const late = (): Error => new Error(`no answer within ${formatDuration(target.timeoutMs)}`);
  const { signal: stop } = new AbortController();
  try {
    await withDeadline({ ms: target.timeoutMs, stop, late }, async (signal) => {
      const page = await ask(target, signal);
      page.discard();
      pageFormat(target, page.contentType);
    });
    return { level: 'ok', text: `${shown(target.url)} shows metrics.` };
  } catch (error) {
    return {
      level: 'warning',
      text: `${shown(target.url)} cannot be scraped: ${describeError(error)}`,
      advice: 'Start what should answer there, or correct the job.',
    };
  }
}
