import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '@millrace/otlp';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { freePort } from '@millrace/core/testing';
import { type Backend, startBackend } from '../conservation/backend.ts';
import { numbered } from '../conservation/items.ts';
import { millrace, type Program } from './program.ts';

let place = '';
const stops: (() => Promise<unknown>)[] = [];
beforeAll(() => void (place = mkdtempSync(join(tmpdir(), 'millrace-gateway-'))));
afterAll(() => rmSync(place, { recursive: true }));
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function backend(): Promise<Backend> {
  const one = await startBackend();
  stops.push(() => one.close());
  return one;
}

async function gateway(yaml: string): Promise<Program> {
  const config = join(place, `${stops.length}.yaml`);
  writeFileSync(config, yaml);
  const program = millrace(['run', config]);
  stops.push(() => program.stop('SIGKILL'));
  await program.saw(/Everything has started/);
  return program;
}

const post = (port: number, request: Uint8Array): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(request),
  });

const exporter = (name: string, { port }: Backend, more = ''): string =>
  `  otlp/${name}: { endpoint: 127.0.0.1:${port}, tls: { insecure: true }, timeout: 2s${more} }`;

const times = (one: Backend): Set<number> => new Set(one.arrived.values());

it('of three exporters one hangs: the others get everything, once and at once', async () => {
  const [a, b, hanging] = [await backend(), await backend(), await backend()];
  hanging.mood = 'hanging';
  const http = await freePort();
  const program = await gateway(`
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${http} } } } }
exporters:
${exporter('a', a)}
${exporter('b', b)}
${exporter('hanging', hanging, ', retry_on_failure: { initial_interval: 100ms, max_elapsed_time: 0 }')}
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [otlp/a, otlp/b, otlp/hanging] } }
`);
  const requests = 200;
  let slowest = 0;
  for (let request = 0; request < requests; request++) {
    const { status } = await post(http, encode(numbered('metrics', 'sender', [request * 10, 10])));
    expect(status).toBe(200);
    const began = performance.now();
    while (a.arrived.size < (request + 1) * 10 || b.arrived.size < (request + 1) * 10) {
      if (performance.now() - began > 5_000) expect.fail(`request ${request} did not arrive within 5 s`);
      await sleep(1);
    }
    slowest = Math.max(slowest, performance.now() - began);
  }
  expect(hanging.arrived.size).toBe(0);
  expect(slowest).toBeLessThan(2_000); // it waits 2 s for the one that hangs

  hanging.mood = 'fine';
  await expect.poll(() => hanging.arrived.size, { timeout: 15_000 }).toBe(requests * 10);
  await program.stop();
  for (const one of [a, b]) {
    expect(one.arrived.size).toBe(requests * 10);
    expect(times(one)).toEqual(new Set([1]));
  }
}, 60_000);

it('a signal without a pipeline is not implemented, and the others are', async () => {
  const fine = await backend();
  const http = await freePort();
  await gateway(`
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${http} } } } }
exporters:
${exporter('fine', fine)}
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [otlp/fine] } }
`);
  const answer = await fetch(`http://127.0.0.1:${http}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}',
  });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ code: 12, message: 'no pipeline takes logs from otlp' });
  expect((await post(http, encode(numbered('metrics', 'sender', [0, 1])))).status).toBe(200);
});

it('workers share a port, deliver what comes to each, and tell of it under one roof', async () => {
  const fine = await backend();
  const [http, telemetry] = [await freePort(), await freePort()];
  const state = mkdtempSync(join(place, 'state-'));
  const yaml = (workers: number): string => `
receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${http} } } } }
exporters:
${exporter('fine', fine, ', sending_queue: { storage: file_storage, batch: { flush_timeout: 50ms } }, retry_on_failure: { initial_interval: 50ms, max_elapsed_time: 0 }')}
extensions: { file_storage: { directory: ${state} } }
service:
  extensions: [file_storage]
  workers: ${workers}
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${telemetry} } } } }] } }
  pipelines: { metrics: { receivers: [otlp], exporters: [otlp/fine] } }
`;
  /** Each over a connection of its own, so that the kernel spreads them. */
  const send = async (sender: string, requests: number): Promise<void> => {
    const statuses = await Promise.all(
      Array.from({ length: requests }, async (_, request) => {
        const body = Buffer.from(encode(numbered('metrics', sender, [request * 10, 10])));
        const headers = { 'content-type': 'application/x-protobuf', connection: 'close' };
        return (await fetch(`http://127.0.0.1:${http}/v1/metrics`, { method: 'POST', headers, body })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  };

  const three = await gateway(yaml(3));
  await send('first', 90);
  await expect.poll(() => fine.arrived.size, { timeout: 10_000 }).toBe(900);
  const page = await (await fetch(`http://127.0.0.1:${telemetry}/metrics`)).text();
  const accepted = [...page.matchAll(/^otelcol_receiver_accepted_metric_points\{(.*)\} (\d+)/gm)];
  const workers = accepted.map(([, labels]) => /worker="(\d)"/.exec(labels!)?.[1] ?? '0').sort();
  expect(workers).toEqual(['0', '1', '2']);
  expect(accepted.reduce((sum, [, , points]) => sum + Number(points), 0)).toBe(900);

  three.child.kill('SIGHUP');
  await three.saw(/Reloaded the config/);
  fine.mood = 'refusing';
  await send('second', 60);
  expect(await three.stop()).toBe(0);
  expect(times(fine)).toEqual(new Set([1]));

  // Fewer workers: what the others have left behind is delivered too.
  fine.mood = 'fine';
  const one = await gateway(yaml(1));
  await expect.poll(() => fine.arrived.size, { timeout: 10_000 }).toBe(1500);
  expect(await one.stop()).toBe(0);
}, 60_000);

it('a backend that is down and senders at full speed: memory stays below its limit, and senders are told to come back', async () => {
  const down = await backend();
  down.mood = 'refusing';
  const http = await freePort();
  const limitMib = 300;
  const program = await gateway(`
receivers:
  otlp: { protocols: { http: { endpoint: 127.0.0.1:${http}, middlewares: [{ id: memory_limiter }] } } }
exporters:
${exporter('down', down, ', sending_queue: { queue_size: 1000000, max_bytes: 10GiB }, retry_on_failure: { initial_interval: 200ms, max_interval: 500ms, max_elapsed_time: 0 }')}
extensions: { memory_limiter: { check_interval: 100ms, limit_mib: ${limitMib}, spike_limit_mib: 100 } }
service:
  extensions: [memory_limiter]
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [otlp], exporters: [otlp/down] } }
`);
  const rssMib = (): number =>
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${program.child.pid}/status`, 'latin1'))![1]) / 1024;
  const accepted: string[] = [];
  const retryAfter = new Set<string | null>();
  let refused = 0;
  let peak = 0;
  // Made beforehand: the senders are to be faster than the gateway. Each is sent again and again.
  const requests = Array.from({ length: 24 }, (_, index) => {
    const [first, count] = [index * 20_000, 20_000];
    return { body: encode(numbered('metrics', 'sender', [first, count])), numbers: [first, first + count - 1] };
  });
  let next = 0;
  const until = Date.now() + 6_000;
  const send = async (): Promise<void> => {
    while (Date.now() < until) {
      const { body, numbers } = requests[next++ % requests.length]!;
      const answer = await post(http, body);
      await answer.arrayBuffer();
      peak = Math.max(peak, rssMib());
      if (answer.status === 200) accepted.push(...numbers.map((number) => `sender:${number}`));
      else {
        expect(answer.status).toBe(503);
        refused++;
        retryAfter.add(answer.headers.get('retry-after'));
        await sleep(5);
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, send));
  expect(accepted.length).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(20);
  expect([...retryAfter].every((seconds) => Number(seconds) >= 1)).toBe(true);
  expect(peak).toBeLessThan(limitMib);

  // The backend comes back: what was accepted arrives, and there is room again.
  down.mood = 'fine';
  await expect.poll(() => accepted.filter((number) => !down.arrived.has(number)), { timeout: 20_000 }).toEqual([]);
  await expect
    .poll(async () => (await post(http, encode(numbered('metrics', 'late', [0, 1])))).status, { timeout: 20_000 })
    .toBe(200);
}, 90_000);
