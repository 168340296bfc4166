import { openLine } from './exchange.ts';
import { isGood, type Outcome, probe } from './probe.ts';
import type { Target } from './target.ts';

export interface Samples {
  /** Of the good ones, in milliseconds, the least first. */
  readonly durations: readonly number[];
  readonly failed: number;
}

export interface SampleOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Asks again until there are as many as wanted, the first included, or the time is up; what is then under way has failed. */
export async function takeSamples(
  target: Target,
  first: Outcome,
  { headers, signal }: SampleOptions,
): Promise<Samples> {
  const { config, going } = target;
  const line = openLine(going.sent.url, {
    route: going.route,
    keepAlive: !config.disable_keep_alives,
    maxConnections: config.max_conns_per_host || config.concurrency,
    signal,
  });
  const durations: number[] = [];
  let failed = 0;
  let left = config.samples - 1;
  const take = (outcome: Outcome): void => {
    if (isGood(outcome)) durations.push(outcome.durationMs);
    else failed++;
  };
  const work = async (): Promise<void> => {
    while (left > 0 && !signal.aborted) {
      left--;
      take(await probe(target, { headers, line, signal }));
    }
  };
  take(first);
  try {
    await Promise.all(Array.from({ length: Math.min(config.concurrency, left) }, work));
  } finally {
    line.agent.destroy();
  }
  return { durations: durations.toSorted((a, b) => a - b), failed };
}

/**
 * By nearest rank (https://en.wikipedia.org/wiki/Percentile#The_nearest-rank_method): always one of the samples, the least
 * that this part of them does not exceed. Undefined of none.
 */
export const quantileOf = (sorted: readonly number[], quantile: number): number | undefined =>
  sorted[Math.max(Math.ceil(quantile * sorted.length), 1) - 1];
