import { describe, expect, it } from 'vitest';
import { itemCount, logsBatch } from '../batch.ts';
import { PermanentError } from '../errors.ts';
import { testContext } from '../testing/index.ts';
import { edge } from './edge.ts';

const logRecords = Array.from({ length: 5 }, () => ({ observedTime: [1, 0] as const, body: 'x', attributes: {} }));
const five = logsBatch([{ resource: { attributes: {} }, scopeLogs: [{ scope: { name: '' }, logRecords }] }]);
const queue = {
  num_consumers: 1,
  queue_size: 10,
  sizer: 'requests',
  max_bytes: 1e9,
  block_on_overflow: false,
} as const;
const sent = 'otelcol_exporter_sent_log_records';
const failed = 'otelcol_exporter_send_failed_log_records';

/** What is counted where the exporter rejects with the error, and has delivered all but so many items. */
async function counted(error: Error, { left, queued }: { left?: number; queued: boolean }) {
  const context = testContext({ id: 'out' });
  const exporter = {
    consume: () => Promise.reject(error),
    ...(left !== undefined && { undelivered: () => left }),
  };
  const host = {
    timeout: 0,
    sending_queue: { enabled: queued, ...queue },
    retry_on_failure: { enabled: false } as never,
  };
  const out = edge(exporter, host, { ...context, ready: Promise.resolve(), place: 'exporter/out' });
  await out.open();
  const consumed = out.consume(five);
  if (queued) {
    await consumed;
    await out.drain(AbortSignal.timeout(5_000));
  } else await expect(consumed).rejects.toBe(error);
  return context.counts;
}

describe.each([true, false])('what an exporter gives up, with a queue: %s', (queued) => {
  it('has failed as a whole where it does not say more', async () => {
    expect(itemCount(five)).toBe(5);
    expect(await counted(new Error('down'), { queued })).toEqual({ [`${failed} false Error`]: 5 });
    expect(await counted(new PermanentError('bad'), { queued })).toEqual({ [`${failed} true PermanentError`]: 5 });
  });

  it('has failed but for what was delivered', async () => {
    // Without a queue it may be given again.
    const [three, five] = queued ? [{ [sent]: 3 }, { [sent]: 5 }] : [{}, {}];
    expect(await counted(new Error('down'), { left: 2, queued })).toEqual({ [`${failed} false Error`]: 2, ...three });
    expect(await counted(new Error('down'), { left: 0, queued })).toEqual(five);
  });
});
