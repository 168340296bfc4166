import { setTimeout as sleep } from 'node:timers/promises';
import { diag, metrics } from '@opentelemetry/api';
import { PermanentError } from './errors.ts';
import type { Clock, Context, Storage } from './component.ts';

/** What a timer of Node.js can wait at once; a longer one would fire now. */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    const options = signal ? { signal } : {};
    let left = ms;
    for (; left > longestTimerMs; left -= longestTimerMs) await sleep(longestTimerMs, undefined, options);
    await sleep(left, undefined, options);
  },
};

/** Storage that ends with the process. */
export function memoryStorage(): Storage {
  const values = new Map<string, Uint8Array>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => void values.set(key, value),
    delete: async (key) => void values.delete(key),
  };
}

/** What a component gets outside any pipeline: OpenTelemetry's own diagnostics and global meter. */
export const standaloneContext = (id: string): Context => ({
  id,
  log: {
    debug: (fields, message) => diag.debug(message, fields),
    info: (fields, message) => diag.info(message, fields),
    warn: (fields, message) => diag.warn(message, fields),
    error: (fields, message) => diag.error(message, fields),
  },
  meter: metrics.getMeter(id),
  clock: systemClock,
  storage: memoryStorage(),
  copy: theOnly,
  extension: noExtension,
});

export const theOnly: Context['copy'] = { index: 0, count: 1 };

/** Where there is no pipeline, there are no extensions. */
export const noExtension = (named: string): never => {
  throw new PermanentError(`There is no extension "${named}" here.`);
};
