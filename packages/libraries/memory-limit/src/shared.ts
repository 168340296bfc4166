import type { Clock, Context } from '@millrace/core';
import { availableMemory } from './cgroup.ts';
import type { LimitConfig } from './config.ts';
import { limitsOf, mib } from './config.ts';
import type { Limiter } from './limiter.ts';
import { createLimiter } from './limiter.ts';
import { processMemory } from './process.ts';

export interface MemoryLimit {
  start(): void;
  /** Throws a RefusedError unless there is room for so many bytes more; else counts them until they are held. */
  admit(bytes: number): void;
  shutdown(): void;
}

interface Shared {
  readonly limiter: Limiter;
  readonly stop: AbortController;
  users: number;
}

/** There is one memory to watch, however many pipelines have a limiter: those of equal config share the watch. */
const running = new WeakMap<Clock, Map<string, Shared>>();

export function memoryLimit(settings: LimitConfig, context: Pick<Context, 'clock' | 'log'>): MemoryLimit {
  const { clock } = context;
  const key = JSON.stringify(settings);
  let shared: Shared | undefined;

  function begin(): Shared {
    const limits = limitsOf(settings, availableMemory);
    const limiter = createLimiter({ settings, limits, source: processMemory }, context);
    const stop = new AbortController();
    context.log.info(
      { soft_limit_mib: Math.round(limits.soft / mib), hard_limit_mib: Math.round(limits.hard / mib) },
      'Watching memory.',
    );
    void watch(limiter, { clock, every: settings.check_interval, signal: stop.signal });
    return { limiter, stop, users: 0 };
  }

  return {
    start() {
      if (shared) return;
      const all = running.get(clock) ?? new Map<string, Shared>();
      running.set(clock, all);
      shared = all.get(key) ?? begin();
      all.set(key, shared);
      shared.users++;
    },
    admit: (bytes) => shared?.limiter.admit(bytes),
    shutdown() {
      if (!shared) return;
      const leaving = shared;
      shared = undefined;
      if (--leaving.users > 0) return;
      leaving.stop.abort();
      running.get(clock)?.delete(key);
    },
  };
}

async function watch(
  limiter: Limiter,
  { clock, every, signal }: { clock: Clock; every: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    limiter.check();
    await clock.sleep(every, signal).catch(() => {});
  }
}
