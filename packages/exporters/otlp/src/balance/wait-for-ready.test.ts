import { freePort, manualClock, testContext } from '@millrace/core/testing';
import { expect, test, vi } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { exporter, insecure, running, takes } from '../../testdata/grpc.ts';
import { errorOf, kindOf, soon } from '../../testdata/outcome.ts';
import { grpcServer } from '../../testdata/servers.ts';

test('wait_for_ready waits for the server, and no longer than the attempt lasts', async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const clock = manualClock();
  const out = exporter({ ...insecure(port), wait_for_ready: true }, testContext({ clock }));
  const late = new AbortController();
  const lost = errorOf(out.consume(gauge(), late.signal));
  const sent = out.consume(gauge());
  sent.catch(() => {});
  for (let time = 0; time < 5; time++) await clock.advance(5000);
  late.abort(new Error('timed out after 5s'));
  expect(kindOf(await lost)).toBe('retry');
  running(await grpcServer(takes, { address }));
  const done = sent.then(() => true);
  while (!(await Promise.race([done, clock.advance(5000).then(() => false)])));
  await out.consume(gauge());
});

test('wait_for_ready ends with shutdown', async () => {
  const clock = manualClock();
  const waits = vi.spyOn(clock, 'sleep');
  const out = exporter({ ...insecure(1), wait_for_ready: true }, testContext({ clock }));
  const lost = errorOf(out.consume(gauge()));
  await expect.poll(() => waits.mock.calls.length, soon).toBeGreaterThan(0);
  await out.shutdown!(AbortSignal.timeout(1000));
  expect(kindOf(await lost)).toBe('retry');
});
