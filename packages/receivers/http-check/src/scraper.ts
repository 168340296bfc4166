import { setMaxListeners } from 'node:events';
import type { Context, Scrape, ScraperInstance } from '@millrace/core';
import { formatDuration } from '@millrace/core';
import { proveTls } from '@millrace/http-client';
import { createChanges } from './changes.ts';
import type { Config } from './config.ts';
import type { metrics } from './metrics.ts';
import { isGood, type Outcome, probe } from './probe.ts';
import { type Check, createRecorder } from './record.ts';
import { type Samples, takeSamples } from './samples.ts';
import { type Target, targetsOf } from './target.ts';

type Run = Scrape<typeof metrics>;

/** One entity for all, as in the collector: what tells the points apart is their attribute `http.url`. */
const everything = Object.freeze({});

export function createScraper(config: Config, context: Context): ScraperInstance<typeof metrics> {
  const targets = targetsOf(config, context).map((target) => ({
    target,
    record: createRecorder(target),
    changes: createChanges(target),
  }));

  return {
    async start() {
      // Only what is wrong with the config itself: an endpoint that is down is what there is to tell.
      for (const { target } of targets) if (target.going.sent.url.protocol === 'https:') proveTls(target.config.tls);
    },

    async scrape(run) {
      const entity = run.entity(everything);
      // There may be thousands of targets, and all listen.
      setMaxListeners(0, run.signal);
      await Promise.all(
        targets.map(async ({ target, record, changes }) => {
          const began = performance.now();
          let told = false;
          const tell = (outcome: Outcome, samples: Samples | undefined): void => {
            if (told) return;
            told = true;
            const check: Check = { outcome, samples, time: run.time };
            record(entity, check);
            for (const change of changes(outcome, run.time)) run.log(change);
          };
          // The time of the scrape is up before the target's own is: what is recorded after this moment is lost.
          const cutOff = (): void => tell(unanswered(performance.now() - began, run.signal.reason), undefined);
          run.signal.addEventListener('abort', cutOff);
          try {
            const { outcome, samples } = await check(target, run);
            tell(outcome, samples);
          } finally {
            run.signal.removeEventListener('abort', cutOff);
          }
        }),
      );
    },
  };
}

const unanswered = (durationMs: number, error: unknown): Outcome => ({
  durationMs,
  error,
  redirects: 0,
  reply: undefined,
  verdict: undefined,
  chain: [],
});

async function check(target: Target, run: Run): Promise<{ outcome: Outcome; samples: Samples | undefined }> {
  const { config, endpoint } = target;
  const controller = new AbortController();
  const late = (): Error => new Error(`It did not answer within its timeout of ${formatDuration(config.timeout)}.`);
  const timer = setTimeout(() => controller.abort(late()), config.timeout);
  const stop = (): void => controller.abort(run.signal.reason);
  if (run.signal.aborted) stop();
  run.signal.addEventListener('abort', stop);
  const { signal } = controller;
  setMaxListeners(0, signal);
  try {
    const headers = (await target.credentials?.(endpoint)) ?? {};
    const outcome = await probe(target, { headers, signal });
    // Where nothing good comes back, there is nothing to measure.
    const samples =
      config.samples > 1 && isGood(outcome) ? await takeSamples(target, outcome, { headers, signal }) : undefined;
    return { outcome, samples };
  } catch (error) {
    run.fail(error);
    return { outcome: unanswered(0, error), samples: undefined };
  } finally {
    clearTimeout(timer);
    run.signal.removeEventListener('abort', stop);
  }
}
