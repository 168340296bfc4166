import type { Component, Consumer, Context, ResourceMetrics } from '@millrace/core';
import { dropCounter, formatDuration, hrTime, isPermanent, itemCount, metricsBatch, stateLog } from '@millrace/core';
import type { Config } from './config.ts';
import { createReading, type Read } from './reading.ts';
import { createSource } from './source.ts';

export function createReceiver(config: Config, context: Context, next: Consumer): Component {
  const { clock, log } = context;
  const intervalMs = config.collection_interval;
  const timeoutMs = config.timeout || intervalMs;
  const dropped = dropCounter(context);
  const source = createSource(config.source, context);
  const reading = createReading(config, context.id);
  const [reaching, understanding, handing] = [stateLog(log), stateLog(log), stateLog(log)];
  const stop = new AbortController();
  let loop: Promise<void> | undefined;
  let isReading = false;
  let readerEnded = (): void => {};

  /** A file on a server that has gone keeps its reader, whatever the signal says: the next one waits for it to end. */
  async function readAlone(signal: AbortSignal): Promise<string> {
    const aborted = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => aborted.reject(signal.reason as Error));
    if (isReading) await Promise.race([new Promise<void>((resolve) => (readerEnded = resolve)), aborted.promise]);
    isReading = true;
    const text = source.read(signal).finally(() => {
      isReading = false;
      readerEnded();
    });
    return Promise.race([text, aborted.promise]);
  }

  async function readInTime(): Promise<string> {
    const limit = new AbortController();
    const late = (): Error => new Error(`It took longer than its timeout of ${formatDuration(timeoutMs)}.`);
    const timer = setTimeout(() => limit.abort(late()), timeoutMs);
    const end = (): void => limit.abort(stop.signal.reason);
    stop.signal.addEventListener('abort', end);
    try {
      return await readAlone(limit.signal);
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error;
    } finally {
      clearTimeout(timer);
      stop.signal.removeEventListener('abort', end);
    }
  }

  async function look(): Promise<ResourceMetrics> {
    try {
      const { resourceMetrics, ...wrong } = reading.read(await readInTime(), hrTime(clock.now()));
      reaching.fine('The table can be read again.');
      tell(wrong);
      return resourceMetrics;
    } catch (error) {
      if (!stop.signal.aborted) reaching.trouble('The table cannot be read.', error);
      return reading.failed(hrTime(clock.now()));
    }
  }

  function tell({ faults, faultCount }: Omit<Read, 'resourceMetrics'>): void {
    dropped(faultCount, 'wrong_value');
    const [first] = faults;
    if (first === undefined) return understanding.fine('All of the table can be understood again.');
    const more = faultCount === 1 ? '' : ` There are ${faultCount - 1} more.`;
    return understanding.trouble('Not all of the table can be understood.', `${first}${more}`);
  }

  async function lookAndHandOn(): Promise<void> {
    const batch = metricsBatch([await look()]);
    if (stop.signal.aborted) return;
    try {
      await next.consume(batch, stop.signal);
      handing.fine('The pipeline takes the table again.');
    } catch (error) {
      if (stop.signal.aborted) return;
      if (isPermanent(error)) dropped(itemCount(batch), 'pipeline_refused');
      handing.trouble('The pipeline did not take the table.', error);
    }
  }

  async function run(): Promise<void> {
    let due = clock.now() + config.initial_delay;
    while (!stop.signal.aborted) {
      try {
        await clock.sleep(Math.max(due - clock.now(), 0), stop.signal);
      } catch {
        return;
      }
      await lookAndHandOn();
      // What was missed is left out; a clock that was set back delays by one interval at most.
      due += intervalMs * Math.max(1, Math.ceil((clock.now() - due) / intervalMs));
      due = Math.min(due, clock.now() + intervalMs);
    }
  }

  return {
    async start() {
      source.start();
      loop ??= run();
    },
    async shutdown(signal) {
      stop.abort(new Error('shut down'));
      await loop;
      await source.close(signal);
    },
  };
}
