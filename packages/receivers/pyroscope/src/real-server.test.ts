import { once } from 'node:events';
import { type AddressInfo, connect as dial, createServer, type Socket } from 'node:net';
import { type Batch, memoryStorage, type Storage, systemClock } from '@millrace/core';
import { seeded, sink } from '@millrace/core/testing';
import { encode, fromStacks } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import {
  isBuilt,
  pyroscope,
  pyroscopeLegacy,
  startPyroscope,
  startPyroscopeLegacy,
} from '../../../../test/peers/pyroscope/index.ts';
import { commandsOf } from './testdata/commands.ts';
import { logsOf, metricsOf, pulling } from './testdata/pulling.ts';

for (const binary of [pyroscope, pyroscopeLegacy])
  if (!isBuilt(binary))
    console.error(`!!! There is no ${binary.name}, so nothing is pulled from it. node test/peers/pyroscope/build.ts`);

/** What was pulled of each function, over all windows. */
function selfOf(batches: readonly Batch[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { resourceMetrics } of metricsOf(batches))
    for (const { scopeMetrics } of resourceMetrics)
      for (const { metrics } of scopeMetrics)
        for (const { descriptor, dataPoints } of metrics) {
          if (!descriptor.name.endsWith('.self')) continue;
          for (const { attributes, value } of dataPoints) {
            const name = String(attributes['code.function.name']);
            sums.set(name, (sums.get(name) ?? 0) + Number(value));
          }
        }
  return sums;
}

/** As if the queries had been pulled until then. */
const pulledUntil = (nextMs: number): Storage => {
  const storage = memoryStorage();
  return {
    ...storage,
    get: async (key) => (await storage.get(key)) ?? Buffer.from(JSON.stringify({ nextMs })),
  };
};

const windowMs = 10_000;
const begun = Math.floor(Date.now() / 60_000) * 60_000 - 20 * 60_000;
const windows = 60;

async function pullAll(
  endpoint: string,
  query: object,
  until: (batches: readonly Batch[]) => boolean,
): Promise<Batch[]> {
  const out = sink();
  const run = await pulling(
    { servers: [{ endpoint, window: '10s', delay: '10s', queries: [query] }], functions: { limit: 1000 } },
    { clock: systemClock, next: out, storage: pulledUntil(begun) },
  );
  try {
    await expect.poll(() => until(out.batches), { timeout: 60_000, interval: 100 }).toBe(true);
    // Windows that come after what is waited for must have nothing of it.
    await systemClock.sleep(1_000);
    expect(run.context.lines).toEqual([]);
    return out.batches;
  } finally {
    await run.stop();
  }
}

/** What the receiver is asked for while it runs. */
async function asking<T>(endpoint: string, work: (ask: ReturnType<typeof commandsOf>) => Promise<T>): Promise<T> {
  const run = await pulling(
    { servers: [{ endpoint, queries: [{ query: 'nobody.cpu' }] }] },
    { clock: systemClock, next: sink() },
  );
  try {
    return await work(commandsOf(run.receiver));
  } finally {
    await run.stop();
  }
}

const seconds = (index: number): string => String(begun / 1000 + index * 10);

describe.runIf(isBuilt(pyroscope))('Grafana Pyroscope', () => {
  it('gives each profile once, at whatever nanosecond it is', { timeout: 120_000 }, async () => {
    const server = await startPyroscope();
    try {
      const random = seeded(7);
      // It takes one profile of a series in a millisecond, so each has a series of its own.
      const seams = [0, 1, 999_999, 1_000_000, 9_999_000_000, 9_999_000_001, 9_999_999_999].map(BigInt);
      const offsets = Array.from({ length: 120 }, (_, index): bigint => {
        const window = BigInt(random.below(windows) * windowMs) * 1_000_000n;
        return window + (index < 60 ? random.pick(seams) : BigInt(random.below(1e10)));
      });
      const series = offsets.map((offset, index) => {
        const atNs = BigInt(begun) * 1_000_000n + offset;
        const stacks = [{ frames: ['main.main', `f${index}`], values: [1, 1000 + index] }];
        const profile = fromStacks(stacks, {
          sampleTypes: [
            { type: 'samples', unit: 'count' },
            { type: 'cpu', unit: 'nanoseconds' },
          ],
          periodType: { type: 'cpu', unit: 'nanoseconds' },
          period: 10_000_000,
          timeNanos: atNs,
          durationNanos: 10_000_000_000n,
        });
        const labels = { __name__: 'process_cpu', service_name: 'shop', n: String(index) };
        return {
          labels: Object.entries(labels).map(([name, value]) => ({ name, value })),
          samples: [{ rawProfile: Buffer.from(encode(profile)).toString('base64') }],
        };
      });
      const pushed = await fetch(`${server.endpoint}/push.v1.PusherService/Push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ series }),
      });
      expect([pushed.status, await pushed.text()]).toEqual([200, '{}']);
      const batches = await pullAll(
        server.endpoint,
        { query: 'shop.cpu' },
        (all) => selfOf(all).size >= offsets.length,
      );
      const expected = offsets.map((_, index): [string, number] => [`f${index}`, 1000 + index]);
      expect(Object.fromEntries(selfOf(batches))).toEqual(Object.fromEntries(expected));
      const one = await pullAll(
        server.endpoint,
        { application: 'shop', profile_type: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', selector: 'n="5"' },
        (all) => selfOf(all).size > 0,
      );
      expect(Object.fromEntries(selfOf(one))).toEqual({ f5: 1005 });
      expect(metricsOf(one)[0]!.resourceMetrics[0]!.resource.attributes).toEqual({ 'service.name': 'shop', n: '5' });
      await asking(server.endpoint, async (ask) => {
        const types = ['process_cpu:cpu:nanoseconds:cpu:nanoseconds', 'process_cpu:samples:count:cpu:nanoseconds'];
        expect(await ask('applications')).toEqual([
          { server: server.endpoint, application: 'shop', profile_types: types },
        ]);
        const query = 'shop.cpu{n="5"}';
        const inWindow = Number(offsets[5]! / 10_000_000_000n);
        const times = { from: seconds(inWindow), until: seconds(inWindow + 1), format: 'folded' };
        expect(await ask('profile', { query, ...times })).toBe('main.main;f5 1005\n');
        expect(await ask('profile', { query: 'shop.samples{n="5"}', ...times })).toBe('main.main;f5 1\n');
        const before = { from: seconds(inWindow - 1), until: seconds(inWindow) };
        await expect(ask('profile', { query, ...before })).rejects.toThrow(`has no samples of ${query} from`);
        await expect(ask('profile', { query: 'shop.nix', ...times })).rejects.toThrow(
          `There is no profile type nix; there are ${types.join(', ')}.`,
        );
        await expect(ask('profile', { query: 'shop.cpu{n=~"("}', ...times })).rejects.toThrow(
          'answered with the status 400: 1:22: parse error',
        );
      });
    } finally {
      await server.stop();
    }
  });

  it('keeps tenants apart, and says that it wants one', { timeout: 120_000 }, async () => {
    const server = await startPyroscope(['-auth.multitenancy-enabled=true']);
    try {
      for (const tenant of ['red', 'blue']) {
        const query = new URLSearchParams({ name: 'shop.cpu', from: seconds(0), until: seconds(1), format: 'folded' });
        const sent = await fetch(`${server.endpoint}/ingest?${query}`, {
          method: 'POST',
          headers: { 'x-scope-orgid': tenant },
          body: `main.main;${tenant} 7\n`,
        });
        expect(sent.status).toBe(200);
      }
      const servers = ['red', 'blue'].map((tenant) => ({
        endpoint: server.endpoint,
        tenant,
        queries: [{ query: 'nobody.cpu' }],
      }));
      const run = await pulling(
        { servers: [...servers, { endpoint: server.endpoint, queries: [{ query: 'nobody.cpu' }] }] },
        { clock: systemClock, next: sink() },
      );
      const ask = commandsOf(run.receiver);
      const times = { from: seconds(-1), until: seconds(3), format: 'folded' };
      try {
        for (const tenant of ['red', 'blue'])
          await expect
            .poll(() =>
              ask('profile', { server: `${server.endpoint} ${tenant}`, query: 'shop.cpu', ...times }).catch(String),
            )
            .toMatch(new RegExp(`^main\\.main;${tenant} \\d+\\n$`));
        await expect
          .poll(() => run.context.lines.map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`))
          .toEqual([expect.stringMatching(/^The server cannot be asked\..*no org id/)]);
      } finally {
        await run.stop();
      }
    } finally {
      await server.stop();
    }
  });
});

describe.runIf(isBuilt(pyroscopeLegacy))('Pyroscope 0.37', () => {
  it('gives each block once', { timeout: 120_000 }, async () => {
    const server = await startPyroscopeLegacy();
    try {
      for (let index = 0; index < windows; index += 3) {
        const from = begun / 1000 + index * 10;
        const query = new URLSearchParams({
          name: `shop.cpu{n="${index}"}`,
          from: String(from),
          until: String(from + 10),
          sampleRate: '100',
          units: 'samples',
          spyName: 'gospy',
        });
        const sent = await fetch(`${server.endpoint}/ingest?${query}`, {
          method: 'POST',
          body: `main.main;f${index} ${index + 1}\n`,
        });
        expect(sent.status).toBe(200);
      }
      // It answers before it has stored what it was sent.
      const sent = Array.from({ length: windows / 3 }, (_, at) => at * 3 + 1).reduce((sum, value) => sum + value);
      const stored = new URLSearchParams({
        query: 'shop.cpu{}',
        from: seconds(0),
        until: seconds(windows),
        format: 'json',
      });
      await expect
        .poll(async () => (await fetch(`${server.endpoint}/render?${stored}`)).json(), { timeout: 30_000 })
        .toMatchObject({ flamebearer: { numTicks: sent } });
      const batches = await pullAll(server.endpoint, { application: 'shop' }, (all) => selfOf(all).size >= windows / 3);
      const expected = Array.from({ length: windows / 3 }, (_, at): [string, number] => [`f${at * 3}`, at * 3 + 1]);
      expect(Object.fromEntries(selfOf(batches))).toEqual(Object.fromEntries(expected));
      expect(metricsOf(batches)[0]!.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.descriptor).toMatchObject({
        name: 'profile.cpu.self',
        unit: '{sample}',
      });
      expect(logsOf(batches)).toHaveLength(windows / 3);
      await asking(server.endpoint, async (ask) => {
        expect(await ask('applications')).toEqual([
          { server: server.endpoint, application: 'shop', profile_types: ['cpu'] },
        ]);
        const times = { from: seconds(3), until: seconds(7) };
        expect(await ask('profile', { query: 'shop.cpu{}', ...times, format: 'folded' })).toBe(
          'main.main;f3 40000000\nmain.main;f6 70000000\n',
        );
        expect(await ask('profile', { query: 'shop.cpu{}', ...times })).toContain(
          'Samples shown: 110ms of 110ms (100%)',
        );
        const query = 'shop.cpu{n="4"}';
        await expect(ask('profile', { query, ...times })).rejects.toThrow(`has no samples of ${query} from`);
      });
    } finally {
      await server.stop();
    }
  });
});

describe.runIf(isBuilt(pyroscope) && isBuilt(pyroscopeLegacy))('a server that is upgraded', () => {
  it('goes on being pulled from', { timeout: 120_000 }, async () => {
    const [old, upgraded] = [await startPyroscopeLegacy(), await startPyroscope()];
    let at = new URL(old.endpoint);
    const connections = new Set<Socket>();
    const place = createServer((socket) => {
      connections.add(socket);
      const server = dial(Number(at.port), at.hostname);
      socket.on('error', () => {}).on('close', () => server.destroy());
      server.on('error', () => {}).on('close', () => socket.destroy());
      socket.pipe(server).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(place, 'listening');
    const endpoint = `http://127.0.0.1:${(place.address() as AddressInfo).port}`;
    async function send({ endpoint: to }: typeof old, name: string, from: number): Promise<void> {
      const query = { name: 'shop.cpu', from: String(from), until: String(from + 10), format: 'folded' };
      const body = `main.main;${name} 7\n`;
      const sent = await fetch(`${to}/ingest?${new URLSearchParams(query)}`, { method: 'POST', body });
      expect(sent.status).toBe(200);
    }
    const out = sink();
    const servers = [{ endpoint, window: '10s', delay: '5s', queries: [{ query: 'shop.cpu' }] }];
    const storage = pulledUntil(Math.floor(Date.now() / 10_000) * 10_000 - 30_000);
    try {
      await send(old, 'before', Math.floor(Date.now() / 10_000) * 10 - 20);
      const run = await pulling({ servers }, { clock: systemClock, next: out, storage, wants: ['metrics'] });
      try {
        await expect.poll(() => [...selfOf(out.batches).keys()], { timeout: 30_000 }).toEqual(['before']);
        at = new URL(upgraded.endpoint);
        for (const connection of connections) connection.destroy();
        await send(upgraded, 'after', Math.floor(Date.now() / 1_000));
        await expect.poll(() => [...selfOf(out.batches).keys()], { timeout: 45_000 }).toEqual(['before', 'after']);
        expect(run.context.dropped).toEqual({});
      } finally {
        await run.stop();
      }
    } finally {
      place.close();
      for (const connection of connections) connection.destroy();
      await Promise.all([old.stop(), upgraded.stop()]);
    }
  });
});
