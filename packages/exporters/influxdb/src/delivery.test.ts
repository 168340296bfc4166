import type { ServerResponse } from 'node:http';
import { createCollector } from '@millrace/core';
import { seeded, testContext } from '@millrace/core/testing';
import { afterEach, expect, test } from 'vitest';
import { gauges } from '../testdata/batches.ts';
import { type Received, reply, startFakeServer } from '../testdata/fake-server.ts';
import influxdb from './index.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop();
});

/** A collector that runs, and what it counts. */
async function writingTo(endpoint: string, config: object) {
  const { meter, log, counts, dropped } = testContext({ id: 'influxdb' });
  const collector = await createCollector(
    {
      receivers: { push: {} },
      exporters: { influxdb: { endpoint, bucket: 'b', ...config } },
      service: { pipelines: { metrics: { receivers: ['push'], exporters: ['influxdb'] } }, shutdown_timeout: '15s' },
    },
    { components: [influxdb], log, meterProvider: { getMeter: () => meter } },
  );
  await collector.start();
  return { collector, counts, dropped };
}

const first = Number(process.env['SEED'] ?? 1);

test.each([first, first + 1, first + 2])(
  'nothing is lost, and what was taken is not sent again, whatever the server does (seed %i)',
  async (seed) => {
    const { next: random } = seeded(seed);
    /** How often a line was in a request to which the server has said that it is taken. */
    const taken = new Map<string, number>();
    const rejected = new Set<string>();
    const done = new Map<string, number>();
    /** Lines of requests whose sender hung up, its time over, before it can have read that they are taken. */
    const unheard = new Set<string>();
    const take = (lines: readonly string[]): void => {
      for (const line of lines) taken.set(line, (taken.get(line) ?? 0) + 1);
    };

    const moods: Record<string, (received: Received, response: ServerResponse) => void> = {
      takes({ lines }, response) {
        take(lines);
        reply(response, 204);
      },
      'takes a part'({ lines }, response) {
        const refused = lines.filter((line) => / gauge=\d*7 /.test(line));
        if (refused.length === 0) return moods['takes']!({ lines } as Received, response);
        for (const line of refused) rejected.add(line);
        take(lines);
        const error = `partial write: points beyond retention policy dropped=${refused.length}`;
        return reply(response, 400, JSON.stringify({ error }));
      },
      'asks for time': (_, response) => reply(response, 429, '', { 'retry-after': '0' }),
      'is busy': (_, response) => reply(response, 503, 'busy', { 'retry-after': 'soon' }),
      fails: (_, response) => reply(response, 500, '{"error":"engine is closed"}'),
      hangs: () => {},
      resets: (_, response) => void response.socket!.resetAndDestroy(),
      'speaks something else': (_, response) => void response.socket!.end('220 mail.example ESMTP\r\n'),
      'says half': (_, response) => {
        response.writeHead(204 + 296, { 'content-length': '100' });
        response.write('{"err', () => response.socket!.destroy());
      },
      'wants less': ({ lines, ...rest }, response) => {
        if (lines.length > 3) reply(response, 413);
        else moods['takes']!({ lines, ...rest }, response);
      },
    };
    const names = Object.keys(moods);
    const server = await startFakeServer((received, response) => {
      const hungUp = (): void => received.lines.forEach((line) => unheard.add(line));
      const { socket } = received.request;
      response.once('finish', () => {
        socket.once('close', hungUp);
        socket.once('data', () => socket.off('close', hungUp));
      });
      const name = random() < 0.4 ? 'takes' : names[Math.floor(random() * names.length)]!;
      done.set(name, (done.get(name) ?? 0) + 1);
      moods[name]!(received, response);
    });
    open.push(() => server.stop());

    const { collector, dropped } = await writingTo(server.endpoint, {
      payload_max_lines: 7,
      timeout: '200ms',
      sending_queue: { num_consumers: 4, batch: { flush_timeout: '5ms', min_size: 40, max_size: 60 } },
      retry_on_failure: { initial_interval: '2ms', max_interval: '10ms', max_elapsed_time: '0s' },
    });
    const expected: string[] = [];
    for (let index = 0; index < 40; index++) {
      const points = 1 + Math.floor(random() * 30);
      await collector.push(gauges(points, `m${index}`));
      for (let at = 0; at < points; at++) expected.push(`m${index},series=s${at} gauge=${at} 1784500000123456789`);
    }
    await collector.shutdown();
    expect([...taken.keys()].sort()).toEqual(expected.sort());
    expect([...taken].filter(([line, times]) => times !== 1 && !unheard.has(line))).toEqual([]);
    expect(unheard.size).toBeLessThan(taken.size / 2);
    // What was said to a sender that had hung up has not been counted.
    const unknown = [...rejected].filter((line) => unheard.has(line)).length;
    expect(dropped['rejected_by_backend'] ?? 0).toBeLessThanOrEqual(rejected.size);
    expect(dropped['rejected_by_backend'] ?? 0).toBeGreaterThanOrEqual(rejected.size - unknown);
    expect(rejected.size - unknown).toBeGreaterThan(0);
    expect(Object.keys(dropped).filter((reason) => reason !== 'rejected_by_backend')).toEqual([]);
    expect(done.size).toBeGreaterThan(7);
  },
);

test('a request that always fails keeps back no other, and only its lines have failed', async () => {
  const taken: string[] = [];
  const server = await startFakeServer(({ lines }, response) => {
    if (lines.some((line) => line.includes('s1 '))) return reply(response, 500, '{"error":"engine is closed"}');
    taken.push(...lines);
    return reply(response, 204);
  });
  open.push(() => server.stop());
  const { collector, counts, dropped } = await writingTo(server.endpoint, {
    payload_max_lines: 2,
    retry_on_failure: { initial_interval: '2ms', max_interval: '50ms', max_elapsed_time: '3s' },
  });
  await collector.push(gauges(7, 'm'));
  await collector.shutdown();
  expect(taken.map((line) => /s\d/.exec(line)![0])).toEqual(['s2', 's3', 's4', 's5', 's6']);
  expect(counts).toMatchObject({
    otelcol_exporter_sent_metric_points: 5,
    'otelcol_exporter_send_failed_metric_points false Error': 2,
  });
  expect(dropped).toEqual({});
});
