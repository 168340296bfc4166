import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InputOf } from '@millrace/core';
import { resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import type { Profile } from '@millrace/pprof';
import { decode, top } from '@millrace/pprof';
import { Writer } from '@millrace/protobuf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '../testdata/profiles.ts';
import { batchOf } from '../testdata/profiles.ts';
import type { Server } from '../../../../test/peers/pyroscope/index.ts';
import {
  isBuilt,
  pyroscopeLegacy,
  pyroscope as pyroscopeServer,
  startPyroscope,
  startPyroscopeLegacy,
} from '../../../../test/peers/pyroscope/index.ts';
import pyroscope from './index.ts';

const hasServer = isBuilt(pyroscopeServer);
const hasLegacy = isBuilt(pyroscopeLegacy);
if (!hasServer) console.warn('Skipped: Grafana Pyroscope is not built: node test/peers/pyroscope/build.ts');
if (!hasLegacy) console.warn('Skipped: Pyroscope 0.37 is not built: node test/peers/pyroscope/build.ts');

let server: Server;

const folder = join(import.meta.dirname, '../../../libraries/pprof/testdata');
const run = Date.now();

/** A profile of now: servers take none of long ago. Of a whole ten seconds, which is what 0.37 cuts time into. */
function recent(name: string): Profile {
  const profile = decode(readFileSync(join(folder, name)));
  return { ...profile, timeNanos: (BigInt(run) / 10_000n - 2n) * 10_000_000_000n, durationNanos: 10_000_000_000n };
}

async function push(input: InputOf<typeof pyroscope.config>, parts: readonly Part[]): Promise<void> {
  const exporter = pyroscope.create(resolveConfig(pyroscope.config, input), testContext());
  await exporter.consume(batchOf(...parts));
  await exporter.shutdown!(AbortSignal.timeout(1000));
}

/** Asks until there is something: what was pushed is found a moment later. */
async function eventually<Found>(ask: () => Promise<Found | undefined>): Promise<Found> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const found = await ask();
    if (found !== undefined) return found;
    await sleep(200);
  }
  return expect.unreachable('It is not there.');
}

/** querier.v1.SelectMergeProfileRequest, answered with a pprof profile. */
async function merged(type: string, selector: string): Promise<Profile | undefined> {
  const writer = new Writer(256);
  for (const [tag, value] of [
    [0x20, run + 60_000],
    [0x18, run - 3_600_000],
  ] as const) {
    writer.varint(value);
    writer.tag(tag);
  }
  for (const [tag, text] of [
    [0x12, selector],
    [0x0a, type],
  ] as const) {
    const mark = writer.length;
    writer.text(text);
    writer.message(tag, mark);
  }
  const response = await fetch(`${server.endpoint}/querier.v1.QuerierService/SelectMergeProfile`, {
    method: 'POST',
    headers: { 'content-type': 'application/proto', 'connect-protocol-version': '1' },
    body: writer.copy(),
  });
  const body = Buffer.from(await response.arrayBuffer());
  expect(response.status, body.toString('latin1').slice(0, 500)).toBe(200);
  if (body.length === 0) return undefined;
  const profile = decode(body);
  return profile.samples.count === 0 ? undefined : profile;
}

/** What was spent in each function, by name. */
const functions = (profile: Profile, sampleType: string | number): Map<string, readonly [number, number]> =>
  new Map(top(profile, { sampleType }).rows.map(({ name, self, total }) => [name, [Number(self), Number(total)]]));

describe.skipIf(!hasServer)('a real Grafana Pyroscope', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    server = await startPyroscope();
  }, 90_000);
  afterAll(() => server.stop());

  it.each([
    ['push', 'go-cpu.pb.gz', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', 'cpu'],
    ['push', 'go-heap.pb.gz', 'memory:alloc_space:bytes:space:bytes', 'alloc_space'],
    ['push', 'go-mutex.pb.gz', 'mutex:delay:nanoseconds:contentions:count', 'delay'],
    ['push', 'go-goroutine.pb.gz', 'goroutine:goroutine:count:goroutine:count', 'goroutine'],
    ['ingest', 'go-cpu.pb.gz', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds', 'cpu'],
    ['ingest', 'go-heap.pb.gz', 'memory:alloc_space:bytes:space:bytes', 'alloc_space'],
  ] as const)('%s %s', async (api, name, type, sampleType) => {
    const profile = recent(name);
    const service = `millrace-${api}-${name.replace(/\W/g, '-')}-${run}`;
    await push({ endpoint: server.endpoint, api, labels: { static: { cluster: 'eu-1' } } }, [
      { resource: { 'service.name': service, 'host.name': 'a' }, profile },
    ]);
    const found = await eventually(() => merged(type, `{service_name="${service}", cluster="eu-1", hostname="a"}`));
    const wanted = functions(profile, sampleType);
    // Pyroscope leaves out some of Go's own frames above main, and the type parameters of its functions.
    for (const [own, values] of functions(found, 0))
      if (!own.includes('[...]')) expect(values, own).toEqual(wanted.get(own));
    expect(Number(top(found).total)).toBe(Number(top(profile, { sampleType }).total));
  });

  it('keeps two profiles of one series that are of the same time', async () => {
    const profile = recent('go-cpu.pb.gz');
    const service = `millrace-twice-${run}`;
    const part = { resource: { 'service.name': service }, profile };
    await push({ endpoint: server.endpoint }, [part, part]);
    const found = await eventually(() =>
      merged('process_cpu:cpu:nanoseconds:cpu:nanoseconds', `{service_name="${service}"}`),
    );
    expect(Number(top(found).total)).toBe(2 * Number(top(profile, { sampleType: 'cpu' }).total));
  });

  it('leaves out the profile that it refuses, and takes the others', async () => {
    const profile = recent('go-cpu.pb.gz');
    const service = `millrace-halves-${run}`;
    const old = { ...profile, timeNanos: 1n };
    await push({ endpoint: server.endpoint, labels: { resource: { part: 'part' } } }, [
      { resource: { 'service.name': service, part: 'a' }, profile },
      { resource: { 'service.name': service, part: 'old' }, profile: old },
      { resource: { 'service.name': service, part: 'b' }, profile },
    ]);
    const found = await eventually(() =>
      merged('process_cpu:cpu:nanoseconds:cpu:nanoseconds', `{service_name="${service}", part=~"a|b"}`),
    );
    expect(Number(top(found).total)).toBe(2 * Number(top(profile, { sampleType: 'cpu' }).total));
  });
});

describe.skipIf(!hasLegacy)('a real Pyroscope 0.37', { timeout: 60_000 }, () => {
  beforeAll(async () => {
    server = await startPyroscopeLegacy();
  }, 90_000);
  afterAll(() => server.stop());

  it.each([
    ['go-heap.pb.gz', 'alloc_space', 'alloc_space', {}],
    ['go-heap.pb.gz', 'inuse_objects', 'inuse_objects', {}],
    ['go-mutex.pb.gz', 'mutex_duration', 'delay', {}],
    ['go-block.pb.gz', 'block_count', 'contentions', { 'profile.type': 'block' }],
    ['go-cpu.pb.gz', 'cpu', 'samples', {}],
  ] as const)('%s as %s', async (name, suffix, sampleType, attributes) => {
    const profile = recent(name);
    const service = `millrace-${suffix.replaceAll('_', '-')}-${run}`;
    const resource = { 'service.name': service, 'host.name': 'a' };
    await push({ endpoint: server.endpoint, api: 'ingest' }, [{ resource, profile, attributes }]);
    const wanted = Number(top(profile, { sampleType }).total);
    const found = await eventually(async () => {
      const query = new URLSearchParams({
        query: `${service}.${suffix}{hostname="a"}`,
        from: String(Math.floor(run / 1000) - 60),
        until: String(Math.ceil(run / 1000)),
        format: 'json',
      });
      const response = await fetch(`${server.endpoint}/render?${query}`);
      expect(response.status).toBe(200);
      const { flamebearer } = (await response.json()) as { flamebearer: { numTicks: number } };
      return flamebearer.numTicks === 0 ? undefined : flamebearer.numTicks;
    });
    expect(found).toBe(wanted);
  });
});
