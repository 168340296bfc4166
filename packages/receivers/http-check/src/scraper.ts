import { setMaxListeners } from 'node:events';
import type { Context, Scrape, ScraperInstance } from '@millrace/core';
import { formatDuration } from '@millrace/core';
import { proveTls } from '@millrace/http-client';
import { withLimit } from '@millrace/polling';
import { createChanges } from './changes.ts';
import type { Config } from './config.ts';
import type { metrics } from './metrics.ts';
import { isGood, type Outcome, probe } from './probe.ts';
import { createRecorder } from './record.ts';
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
          const { outcome, samples } = await check(target, run);
          // Nothing more is told: the scrape was given up.
          if (run.signal.aborted) return;
          record(entity, { outcome, samples, time: run.time });
          for (const change of changes(outcome, run.time)) run.log(change);
        }),
      );
    },
  };
}

/** Of the scrape's timeout. What is told after it is lost. */
const shareForAnswers = 0.95;

const unanswered = (error: unknown): Outcome => ({
  durationMs: 0,
  error,
  redirects: 0,
  reply: undefined,
  verdict: undefined,
  chain: [],
});

async function check(target: Target, run: Run): Promise<{ outcome: Outcome; samples: Samples | undefined }> {
  const { config, endpoint } = target;
  return withLimit({ ...limitOf(config.timeout, run.timeoutMs), stop: run.signal }, async (signal) => {
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
      return { outcome: unanswered(error), samples: undefined };
    }
  });
}

function limitOf(ownMs: number, scrapeMs: number): { readonly ms: number; late(): Error } {
  const leftMs = Math.floor(scrapeMs * shareForAnswers);
  if (ownMs <= leftMs)
    return { ms: ownMs, late: () => new Error(`It did not answer within its timeout of ${formatDuration(ownMs)}.`) };
  const why = `${formatDuration(leftMs)}, which is what the timeout of the scrape leaves it`;
  return { ms: leftMs, late: () => new Error(`It did not answer within ${why}.`) };
}
