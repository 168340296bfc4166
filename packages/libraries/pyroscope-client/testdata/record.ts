/** Records what the real servers answer: node -C source packages/libraries/pyroscope-client/testdata/record.ts */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode, fromStacks } from '@millrace/pprof';
import { Writer } from '@millrace/protobuf';
import { startPyroscope, startPyroscopeLegacy } from '../../../../test/peers/pyroscope/index.ts';
import type { Recorded, Recording } from './recorded.ts';

/** Ten minutes ago, at the beginning of a minute. */
const startMs = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const endMs = startMs + 60_000;
const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

interface Asked {
  readonly name: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: Uint8Array | string;
}

async function record(generation: 'legacy' | 'v1', endpoint: string, all: readonly Asked[]): Promise<void> {
  const folder = join(import.meta.dirname, generation);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const replies: Recorded[] = [];
  for (const { name, path, type, body } of all) {
    const reply = await fetch(`${endpoint}${path}`, body === undefined ? {} : { method: 'POST', body, headers: { 'content-type': type! } });
    writeFileSync(join(folder, name), Buffer.from(await reply.arrayBuffer()));
    const asked = body === undefined ? {} : { body: Buffer.from(body).toString('base64') };
    replies.push({ path, ...asked, status: reply.status, contentType: reply.headers.get('content-type') ?? '', file: name });
  }
  const recording: Recording = { startMs, endMs, replies };
  writeFileSync(join(folder, 'replies.json'), `${JSON.stringify(recording, undefined, 2)}\n`);
}

async function recordLegacy(): Promise<void> {
  const { endpoint, stop } = await startPyroscopeLegacy();
  try {
    const send = async (name: string, offsetMs: number, units: string, stacks: string): Promise<void> => {
      const from = (startMs + offsetMs) / 1000;
      const query = { name, from: String(from), until: String(from + 10), sampleRate: '100', units, spyName: 'gospy' };
      const sent = await fetch(`${endpoint}/ingest?${new URLSearchParams(query)}`, { method: 'POST', body: stacks });
      if (sent.status !== 200) throw new Error(`${name}: ${sent.status}`);
    };
    await send('shop.cpu{region=eu}', 0, 'samples', 'main.main;main.work 5\n');
    await send('shop.cpu{region=us}', 50_000, 'samples', 'main.main;main.other 3\n');
    // In the window behind.
    await send('shop.cpu{region=eu}', 60_000, 'samples', 'main.main;main.next 7\n');
    await send('shop.inuse_space{}', 10_000, 'bytes', 'main.main;main.load 4096\n');
    await sleep(1_000);
    const times = { from: String(startMs / 1000), until: String(endMs / 1000) };
    const render = (query: string, more: object): string =>
      `/render?${new URLSearchParams({ query, ...times, ...more })}`;
    await record('legacy', endpoint, [
      { name: 'profile-types.txt', path: '/querier.v1.QuerierService/ProfileTypes', type: 'application/json', body: '{}' },
      { name: 'label-values.json', path: '/label-values?label=__name__' },
      { name: 'cpu.pprof', path: render('shop.cpu{}', { format: 'pprof' }) },
      { name: 'cpu.json', path: render('shop.cpu{}', { format: 'json', 'max-nodes': '1' }) },
      { name: 'cpu-eu.pprof', path: render('shop.cpu{region="eu"}', { format: 'pprof' }) },
      { name: 'cpu-eu.json', path: render('shop.cpu{region="eu"}', { format: 'json', 'max-nodes': '1' }) },
      { name: 'space.pprof', path: render('shop.inuse_space{}', { format: 'pprof' }) },
      { name: 'empty.pprof', path: render('nobody.cpu{}', { format: 'pprof' }) },
      { name: 'whole.json', path: render('shop.cpu{}', { format: 'json' }) },
    ]);
  } finally {
    await stop();
  }
}

/** A SelectMergeProfileRequest. */
function merge(type: string, selector: string, [from, until]: readonly [number, number]): Uint8Array {
  const writer = new Writer(256);
  writer.varint(until);
  writer.tag(4 << 3);
  writer.varint(from);
  writer.tag(3 << 3);
  for (const [field, text] of [
    [2, selector],
    [1, type],
  ] as const) {
    const mark = writer.length;
    writer.text(text);
    writer.message((field << 3) | 2, mark);
  }
  return writer.copy();
}

async function recordV1(): Promise<void> {
  const { endpoint, stop } = await startPyroscope();
  try {
    const series = (
      [
        [0n, 'main.first', 5],
        // The last nanosecond of the window, and the first behind it.
        [59_999_999_999n, 'main.last', 3],
        [60_000_000_000n, 'main.next', 7],
      ] as const
    ).map(([offset, name, value]) => {
      const profile = fromStacks([{ frames: ['main.main', name], values: [1, value * 10_000_000] }], {
        sampleTypes: [
          { type: 'samples', unit: 'count' },
          { type: 'cpu', unit: 'nanoseconds' },
        ],
        periodType: { type: 'cpu', unit: 'nanoseconds' },
        period: 10_000_000,
        timeNanos: BigInt(startMs) * 1_000_000n + offset,
        durationNanos: 10_000_000_000n,
      });
      const labels = { __name__: 'process_cpu', service_name: 'shop', n: name };
      return {
        labels: Object.entries(labels).map(([label, text]) => ({ name: label, value: text })),
        samples: [{ rawProfile: Buffer.from(encode(profile)).toString('base64') }],
      };
    });
    const pushed = await fetch(`${endpoint}/push.v1.PusherService/Push`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ series }),
    });
    if (pushed.status !== 200) throw new Error(`Push: ${pushed.status} ${await pushed.text()}`);
    await sleep(1_000);
    const service = '/querier.v1.QuerierService';
    const json = (method: string, name: string, body: object): Asked => ({
      name,
      path: `${service}/${method}`,
      type: 'application/json',
      body: JSON.stringify(body),
    });
    const merged = (name: string, selector: string, times: readonly [number, number]): Asked => ({
      name,
      path: `${service}/SelectMergeProfile`,
      type: 'application/proto',
      body: merge(cpu, selector, times),
    });
    const all = { start: startMs, end: endMs };
    const long = { start: endMs - 3_600_000, end: endMs };
    const labelNames = ['service_name', '__profile_type__'];
    await record('v1', endpoint, [
      json('ProfileTypes', 'profile-types.json', all),
      json('ProfileTypes', 'profile-types-hour.json', long),
      json('ProfileTypes', 'profile-types-none.json', { start: startMs - 60_000, end: startMs - 30_000 }),
      json('Series', 'series.json', { matchers: [], labelNames, ...all }),
      merged('window.pb', '{service_name="shop"}', [startMs, endMs + 1]),
      merged('behind.pb', '{service_name="shop"}', [endMs, endMs + 1]),
      merged('empty.pb', '{service_name="nobody"}', [startMs, endMs + 1]),
      merged('wrong.json', '{service_name="shop",n=~"("}', [startMs, endMs + 1]),
      { name: 'label-values.txt', path: '/label-values?label=__name__' },
    ]);
  } finally {
    await stop();
  }
}

await recordLegacy();
await recordV1();
