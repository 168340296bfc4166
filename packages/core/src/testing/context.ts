import type { Clock, ExtensionContext, ReceiverContext } from '../component.ts';
import { PermanentError } from '../errors.ts';
import { memoryStorage, noExtension, theOnly } from '../standalone.ts';
import type { Counted } from './counting-meter.ts';
import { countingMeter } from './counting-meter.ts';

export interface ManualClock extends Clock {
  /** Moves time on, and wakes who slept until then. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until the test moves it. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
        return undefined;
      }),
    async advance(ms) {
      const target = now + ms;
      for (;;) {
        await settle();
        const [next] = [...sleepers].filter(({ until }) => until <= target).sort((a, b) => a.until - b.until);
        if (!next) break;
        now = Math.max(now, next.until);
        sleepers.delete(next);
        next.wake();
      }
      now = target;
      await settle();
    },
  };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

/** What each kind of component is given. */
type AnyContext = ExtensionContext & ReceiverContext;

export interface TestContext extends AnyContext, Counted {
  /** What the component has logged. */
  readonly lines: readonly LoggedLine[];
}

/** Its meter counts, and the context tells what; one that is given instead does not. */
export function testContext(overrides: Partial<AnyContext> = {}): TestContext {
  const { id = 'test' } = overrides;
  const { meter, ...counted } = countingMeter(id);
  const lines: LoggedLine[] = [];
  const at = (level: LoggedLine['level']) => (fields: object, message: string) =>
    void lines.push({ level, message, fields });
  return {
    id,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    meter,
    ...counted,
    clock: manualClock(),
    storage: memoryStorage(),
    copy: theOnly,
    extension: noExtension,
    wants: () => true,
    commands: { list: () => [], call: () => Promise.reject(new PermanentError('There are no receivers here.')) },
    status: () => ({ ready: true, starting: new Map(), exporters: new Map() }),
    ...overrides,
    lines,
  };
}
