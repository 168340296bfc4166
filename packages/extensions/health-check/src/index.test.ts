import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CollectorStatus, ExporterStatus, InputOf } from '@millrace/core';
import { PermanentError, resolveConfig } from '@millrace/core';
import { checkDefinition, manualClock, testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import health from './index.ts';

type Input = InputOf<typeof health.config>;

describe('the contract', () => {
  for (const { name, run } of checkDefinition(health, { config: { endpoint: 'localhost:0' } })) it(name, run);
});

const fine: ExporterStatus = {
  lastSuccess: undefined,
  failingSince: undefined,
  lastError: undefined,
  queue: undefined,
};
const ready: CollectorStatus = { ready: true, starting: new Map(), exporters: new Map([['exporter/a', fine]]) };
const began = Date.UTC(2026, 0, 1);

const stops: (() => Promise<void> | undefined)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A real server, with a status and a clock that the test sets. */
async function served(input: Input = {}) {
  const clock = manualClock(began);
  const context = testContext({ clock });
  const state = { current: ready };
  const config = resolveConfig(health.config, { endpoint: '127.0.0.1:0', ...input });
  const extension = health.create(config, { ...context, status: () => state.current });
  await extension.start!();
  stops.push(() => extension.shutdown!(AbortSignal.timeout(1000)));
  const { url } = context.lines[0]!.fields as { url: string };
  const origin = new URL(url).origin;
  const ask = async (path = '/', method = 'GET') => {
    const response = await fetch(origin + path, { method });
    const body = await response.text();
    return { status: response.status, body, json: () => JSON.parse(body) as Record<string, unknown> };
  };
  const exporter = (change: Partial<ExporterStatus>): void => {
    state.current = { ...ready, exporters: new Map([['exporter/a', { ...fine, ...change }]]) };
  };
  return { ask, clock, state, exporter, origin };
}

it('says when all is well', async () => {
  const { ask, clock } = await served();
  await clock.advance(3_723_500);
  const { status, json } = await ask();
  expect([status, json()]).toEqual([
    200,
    { status: 'Server available', upSince: '2026-01-01T00:00:00.000Z', uptime: '1h2m3.5s', ready: true },
  ]);
});

it('says what has not started', async () => {
  const { ask, state } = await served();
  state.current = {
    ...ready,
    ready: false,
    starting: new Map([
      ['exporter/a', 'connection refused'],
      ['receiver/b', ''],
    ]),
  };
  const { status, json } = await ask();
  expect(status).toBe(503);
  expect(json()).toMatchObject({
    status: 'Server not available',
    ready: false,
    troubles: [
      { component: 'exporter/a', reason: 'it has not started yet: connection refused' },
      { component: 'receiver/b', reason: 'it has not started yet' },
    ],
  });
  state.current = { ...ready, ready: false };
  expect((await ask()).json()).toMatchObject({
    troubles: [{ component: 'collector', reason: 'it is starting or stopping' }],
  });
});

describe('an exporter that fails', () => {
  it('is trouble after the time of the policy, until it succeeds', async () => {
    const { ask, clock, exporter } = await served({ exporter_failing_for: '5m' });
    await clock.advance(60_000);
    exporter({ failingSince: began + 60_000, lastError: 'refused' });
    await clock.advance(299_999);
    expect((await ask()).status).toBe(200);
    await clock.advance(1);
    const { status, json } = await ask();
    expect([status, json()['troubles']]).toEqual([
      503,
      [{ component: 'exporter/a', reason: 'nothing has got through for 5m: refused' }],
    ]);
    exporter({ lastSuccess: clock.now() });
    expect((await ask()).status).toBe(200);
  });

  it('is none without a policy, but is shown', async () => {
    const { ask, clock, exporter } = await served();
    exporter({ lastSuccess: began - 1000, failingSince: began, lastError: 'refused', queue: { size: 1, capacity: 2 } });
    await clock.advance(1e9);
    const { status, json } = await ask('/?verbose');
    expect([status, json()['exporters']]).toEqual([
      200,
      {
        'exporter/a': {
          lastSuccess: '2025-12-31T23:59:59.000Z',
          failingSince: '2026-01-01T00:00:00.000Z',
          lastError: 'refused',
          queue: { size: 1, capacity: 2 },
        },
      },
    ]);
  });
});

describe('a queue', () => {
  it('is trouble at once where no time is given', async () => {
    const { ask, exporter } = await served({ queue_fill: 0.9 });
    exporter({ queue: { size: 899, capacity: 1000 } });
    expect((await ask()).status).toBe(200);
    exporter({ queue: { size: 900, capacity: 1000 } });
    const { status, json } = await ask();
    expect([status, json()['troubles']]).toEqual([
      503,
      [{ component: 'exporter/a', reason: 'the sending queue holds 900 of 1000' }],
    ]);
  });

  it('is trouble when it has been full all the time, also between probes', async () => {
    const { ask, clock, exporter } = await served({ queue_fill: 1, queue_fill_for: '10s' });
    const fill = (size: number): void => exporter({ queue: { size, capacity: 10 } });
    fill(10);
    await clock.advance(9_000);
    fill(9); // for a moment that no probe sees
    await clock.advance(1_000);
    fill(10);
    await clock.advance(9_000);
    expect((await ask()).status).toBe(200);
    await clock.advance(2_000);
    expect((await ask()).status).toBe(503);
    fill(0);
    expect((await ask()).status).toBe(200);
  });
});

describe('paths', () => {
  it('tell whether it lives and is ready, whatever the policy', async () => {
    const { ask, state, exporter } = await served({ queue_fill: 0.5 });
    exporter({ queue: { size: 10, capacity: 10 } });
    expect([(await ask('/live')).status, (await ask('/ready')).status, (await ask('/')).status]).toEqual([
      200, 200, 503,
    ]);
    state.current = { ...ready, ready: false };
    expect([(await ask('/live')).status, (await ask('/ready')).status]).toEqual([200, 503]);
  });

  it('all tell the health with the path /, and only one with another', async () => {
    const all = await served();
    expect((await all.ask('/healthz?x=1')).json()).toMatchObject({ status: 'Server available' });
    const one = await served({ path: '/health/status' });
    expect((await one.ask('/health/status')).status).toBe(200);
    expect((await one.ask('/')).status).toBe(404);
    expect((await one.ask('/live')).status).toBe(200);
  });

  it('can only be read', async () => {
    const { ask } = await served();
    expect(await ask('/', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect((await ask('/', 'POST')).status).toBe(405);
  });
});

it.each<[Input['response_body'], string, string]>([
  ['always this', 'always this', 'always this'],
  [{ healthy: 'good', unhealthy: 'bad' }, 'good', 'bad'],
])('answers with the body %j', async (body, good, bad) => {
  const { ask, state } = await served({ response_body: body! });
  expect(await ask()).toMatchObject({ status: 200, body: good });
  state.current = { ...ready, ready: false };
  expect(await ask()).toMatchObject({ status: 503, body: bad });
});

it('serves https', async () => {
  const tls = (name: string): string => join(import.meta.dirname, '../testdata/tls', name);
  const { origin } = await served({ tls: { cert_file: tls('server.pem'), key_file: tls('server.key') } });
  const status = await new Promise((resolve, reject) => {
    const request = httpsRequest(origin, { ca: readFileSync(tls('ca.pem')), agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject).end();
  });
  expect(status).toBe(200);
});

it('says why it cannot listen', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  stops.push(() => new Promise((resolve) => taken.close(() => resolve())));
  const endpoint = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  await expect(served({ endpoint })).rejects.toThrow(PermanentError);
  await expect(served({ endpoint })).rejects.toThrow(
    `Cannot serve the health on ${endpoint}: something else listens there.`,
  );
});

it('refuses a time without how full', () => {
  expect(health.check!(resolveConfig(health.config, { queue_fill_for: '1m' }))).toEqual([
    { path: ['queue_fill_for'], message: 'queue_fill_for needs queue_fill: how full the queue must be.' },
  ]);
});
