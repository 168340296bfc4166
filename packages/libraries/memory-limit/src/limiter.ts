import type { Context } from '@millrace/core';
import { RefusedError } from '@millrace/core';
import type { LimitConfig, Limits } from './config.ts';
import { mib } from './config.ts';
import type { MemorySource } from './process.ts';
import { createUsage } from './usage.ts';

export interface Limiter {
  /** Throws a RefusedError unless there is room for so many bytes more; else counts them until they are held. */
  admit(bytes: number): void;
  /** Measures, and decides whether to refuse until the next check. */
  check(): void;
}

export interface LimiterOptions {
  readonly settings: LimitConfig;
  readonly limits: Limits;
  readonly source: MemorySource;
}

type Zone = 'soft' | 'hard';

const calmEnough = 5;

export function createLimiter(
  { settings, limits: { soft, hard }, source }: LimiterOptions,
  { clock, log }: Pick<Context, 'clock' | 'log'>,
): Limiter {
  /** What comes until the next check is not to pass the limit. */
  const nearHard = hard - (hard - soft) / 4;
  const usage = createUsage(source);
  const intervals = {
    soft: [settings.min_gc_interval_when_soft_limited, settings.max_gc_interval_when_soft_limited],
    hard: [settings.min_gc_interval_when_hard_limited, settings.max_gc_interval_when_hard_limited],
  } as const satisfies Record<Zone, readonly [number, number]>;
  let refusing = false;
  /** What was used when something was refused since the last check; 0 if nothing was. */
  let refusedAt = 0;
  let collectedAt = Number.NEGATIVE_INFINITY;
  let heldAfter = 0;
  /** Grows while collections do not help: they would stop the process again and again for nothing. */
  let backoff = 0;
  let saidShort = false;
  let calmChecks = 0;

  function isCollectionDue(zone: Zone, used: number): boolean {
    const [least, most] = intervals[zone];
    const since = clock.now() - collectedAt;
    const helps = heldAfter - source.held() >= used - soft;
    return since >= (helps ? least : Math.max(least, Math.min(most, backoff)));
  }

  function collect(): number {
    collectedAt = clock.now();
    const used = usage.collect();
    heldAfter = source.held();
    backoff = used < soft ? 0 : Math.max(settings.check_interval, backoff * 2);
    return used;
  }

  /** Refusals come and go with every collection: it is over once there has been none for some checks. */
  function say(isShort: boolean, used: number): void {
    calmChecks = isShort ? 0 : calmChecks + 1;
    if (isShort === saidShort || (saidShort && calmChecks < calmEnough)) return;
    saidShort = isShort;
    const fields = { used_mib: inMib(used), soft_limit_mib: inMib(soft), hard_limit_mib: inMib(hard) };
    if (isShort) log.warn(fields, 'Memory is short: data is refused.');
    else log.info(fields, 'There is memory again: data is taken.');
  }

  return {
    check() {
      let used = usage.look();
      // Garbage just below the limit would leave room for next to nothing, and nobody would collect it.
      if ((used >= soft || refusedAt > 0) && isCollectionDue(used >= nearHard ? 'hard' : 'soft', used))
        used = collect();
      if (used < soft) backoff = 0;
      refusing = used >= soft;
      say(refusing || refusedAt > 0, Math.max(used, refusedAt));
      refusedAt = 0;
    },
    admit(bytes) {
      const used = usage.now();
      if (refusing || used + bytes >= soft) {
        // A request that is too big for an idle process says nothing of memory.
        if (used >= soft / 2) refusedAt = Math.max(refusedAt, used);
        throw new RefusedError(
          `memory is short: ${inMib(used)} MiB are used${bytes > 0 ? `, ${inMib(bytes)} MiB would come` : ''}, and from ${inMib(soft)} MiB on nothing is taken`,
        );
      }
      usage.announce(bytes);
    },
  };
}

const inMib = (bytes: number): number => Math.round((bytes / mib) * 10) / 10;
