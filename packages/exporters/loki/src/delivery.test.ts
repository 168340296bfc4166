import type { ServerResponse } from 'node:http';
import { createCollector, logsBatch } from '@millrace/core';
import { seeded, testContext } from '@millrace/core/testing';
import type { MeterProvider } from '@opentelemetry/api';
import { afterEach, expect, test } from 'vitest';
import { cleaner } from '../testdata/exporter.ts';
import { type Line, type Pushed, reply, type Said, startFakeLoki } from '../testdata/fake-loki.ts';
import { record, second } from '../testdata/logs.ts';
import loki from './index.ts';

const { add, clean } = cleaner();
afterEach(clean);

const first = Number(process.env['SEED'] ?? 1);
type Mood = (pushed: Pushed, response: ServerResponse, take: () => Said) => unknown;

test.each([
  [first, 'protobuf'],
  [first + 1, 'protobuf'],
  [first + 2, 'json'],
] as const)(
  'nothing is lost, and what was taken is not sent again, whatever Loki does (seed %i, %s)',
  async (seed, encoding) => {
    const random = seeded(seed);
    const name = ({ stream, line }: Line): string => `${stream} ${line}`;
    /** How often a line was in a request to which Loki has said that it is taken. */
    const taken = new Map<string, number>();
    const rejected = new Set<string>();
    /** Lines of requests whose sender hung up, its time over, before it can have read the answer; and of those that broke. */
    const unheard = new Set<string>();
    const done = new Map<string, number>();
    const note = (lines: readonly Line[]): void => {
      for (const line of lines) taken.set(name(line), (taken.get(name(line)) ?? 0) + 1);
    };
    const takes: Mood = ({ lines }, response, take) => {
      const said = take();
      const old = lines.filter(({ line }) => line.endsWith('old'));
      for (const line of old) rejected.add(name(line));
      note(lines.filter((line) => !old.includes(line)));
      reply(response, said, false);
    };
    const moods: Readonly<Record<string, Mood>> = {
      takes,
      'asks for time': (_, response) =>
        response.writeHead(429, { 'retry-after': '0' }).end('ingestion rate limit exceeded'),
      'is busy': (_, response) => reply(response, { status: 503, text: 'busy' }, false),
      fails: (_, response) => reply(response, { status: 500, text: 'rpc error: code = Unavailable' }, false),
      hangs: () => {},
      resets: (_, response) => response.socket!.resetAndDestroy(),
      'speaks something else': (_, response) => response.socket!.end('220 mail.example ESMTP\r\n'),
      'wants less': (pushed, response, take) =>
        pushed.lines.length > 3 ? reply(response, { status: 413, text: '' }, false) : takes(pushed, response, take),
      'takes, and is cut off': ({ lines }, response, take) => {
        take();
        for (const line of lines) unheard.add(name(line));
        response.socket!.resetAndDestroy();
      },
    };
    const server = await startFakeLoki({
      now: second * 1000,
      before(pushed, response, take) {
        const hungUp = (): void => pushed.lines.forEach((line) => unheard.add(name(line)));
        const { socket } = pushed.request;
        response.once('finish', () => {
          socket.once('close', hungUp);
          socket.once('data', () => socket.off('close', hungUp));
        });
        const mood = random.next() < 0.4 ? 'takes' : random.pick(Object.keys(moods));
        done.set(mood, (done.get(mood) ?? 0) + 1);
        moods[mood]!(pushed, response, take);
        return true;
      },
    });
    add(() => server.stop());

    const { meter, dropped } = testContext({ id: 'loki' });
    const meterProvider: MeterProvider = { getMeter: () => meter };
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const collector = await createCollector(
      {
        receivers: { push: {} },
        exporters: {
          loki: {
            endpoint: server.endpoint,
            encoding,
            format: 'raw',
            labels: { resource: { app: 'app' } },
            tenant: { resource: 'team' },
            max_request_bytes: 400,
            timeout: '200ms',
            sending_queue: { num_consumers: 4, batch: { flush_timeout: '5ms', min_size: 40, max_size: 60 } },
            retry_on_failure: { initial_interval: '2ms', max_interval: '10ms', max_elapsed_time: '0s' },
          },
        },
        service: { pipelines: { logs: { receivers: ['push'], exporters: ['loki'] } }, shutdown_timeout: '15s' },
      },
      { components: [loki], log: quiet, meterProvider },
    );
    await collector.start();
    const expected: string[] = [];
    const old: string[] = [];
    for (let batch = 0; batch < 30; batch++) {
      const app = `a${random.int(0, 3)}`;
      const records = Array.from({ length: random.int(1, 30) }, (_, at) => {
        const isOld = random.next() < 0.1;
        const body = `${batch}-${at}${isOld ? '-old' : ''}`;
        (isOld ? old : expected).push(`{app="${app}"} ${body}`);
        return record(body, random.int(0, 1e9), isOld ? { time: [second - 30 * 86_400, 0] } : {});
      });
      await collector.push(
        logsBatch([
          { resource: { attributes: { app, team: app } }, scopeLogs: [{ scope: { name: '' }, logRecords: records }] },
        ]),
      );
    }
    await collector.shutdown();
    expect(done.size).toBe(Object.keys(moods).length);
    expect(server.faults).toEqual([]);
    // In Loki, each is once: what was sent again because an answer was lost is the same to the nanosecond.
    expect(server.kept.map(name).sort()).toEqual(expected.toSorted());
    expect([...rejected].sort()).toEqual(old.toSorted());
    expect([...taken].filter(([line, times]) => times > 1 && !unheard.has(line))).toEqual([]);
    for (const { tenant, labels } of server.kept) expect(tenant).toBe(labels['app']);
    const counted = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    expect(counted).toBeLessThanOrEqual(old.length);
  },
  30_000,
);
