// Through the collector's own queue, retries and timeout, to intakes that fail in every way at random.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Collector } from '@millrace/core';
import { createCollector, createLogger } from '@millrace/core';
import { seeded } from '@millrace/core/testing';
import { afterEach, expect, test } from 'vitest';
import { logs, mixed, record } from '../testdata/batches.ts';
import { setup } from '../testdata/exporter.ts';
import type { Behaviour, FakeIntake, Received } from '../testdata/fake-intake.ts';
import { status, take } from '../testdata/fake-intake.ts';
import { datadog } from './exporter.ts';

const { intake, close } = setup();
const folders: string[] = [];
afterEach(async () => {
  await close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const keys = [
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
  'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
  'cccccccccccccccccccccccccccccccc',
] as const;

/** Takes half of the requests; of the others, each fails in one of all ways that are tried again. */
function moody(seed: number): (received: Received) => Behaviour {
  const random = seeded(seed).next;
  const moods: readonly Behaviour[] = [
    { kind: 'hang' },
    { kind: 'reset' },
    { kind: 'garbage' },
    { kind: 'half' },
    { kind: 'lost' },
    status(408),
    status(429, { headers: { 'x-ratelimit-reset': '0' } }),
    status(429, { headers: { 'retry-after': '0' } }),
    status(500, { body: 'oops' }),
    status(502, { body: '<html>' }),
    status(503, { headers: { 'retry-after': 'soon' } }),
    status(413),
  ];
  return ({ pieces }) => {
    if (random() < 0.5) return take;
    const mood = moods[Math.floor(random() * moods.length)]!;
    const isSplit = mood.kind === 'answer' && mood.status === 413;
    return isSplit && pieces.length < 2 ? take : mood;
  };
}

async function collector(main: FakeIntake, other: FakeIntake, lines: string[]): Promise<Collector> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-datadog-'));
  folders.push(folder);
  const file = join(folder, 'config.yaml');
  writeFileSync(
    file,
    `
receivers:
  push:
exporters:
  datadog:
    api: { key: ${keys[0]} }
    hostname: here
    host_metadata: { enabled: false }
    additional_endpoints: { "${other.url}": [${keys[1]}, ${keys[2]}] }
    metrics: { endpoint: "${main.url}", sums: { initial_cumulative_monotonic_value: keep } }
    logs: { endpoint: "${main.url}", additional_endpoints: { "${other.url}": [${keys[1]}] } }
    timeout: 400ms
    sending_queue: { num_consumers: 5, batch: { min_size: 400, max_size: 1000, flush_timeout: 5ms } }
    retry_on_failure: { initial_interval: 2ms, max_interval: 10ms, max_elapsed_time: 0s }
service:
  pipelines:
    metrics: { receivers: [push], exporters: [datadog] }
    logs: { receivers: [push], exporters: [datadog] }
`,
  );
  const log = createLogger({ level: 'debug', encoding: 'json', write: (line) => void lines.push(line) });
  return createCollector(file, { components: [datadog], log });
}

test('what is refused takes nothing else with it, though it was merged', async () => {
  const fake = await intake([keys[0]]);
  const other = await intake([keys[1], keys[2]]);
  const isPoisoned = ({ pieces }: Received): boolean => pieces.some(({ id }) => id.includes('queue:poison'));
  fake.behave = other.behave = (received) => (isPoisoned(received) ? status(400) : take);
  const running = await collector(fake, other, []);
  await running.start();
  const now = Date.now();
  for (let round = 1; round <= 8; round++) {
    const attributes = (index: number) => ({ queue: round === 3 ? 'poison' : `q${index}` });
    await running.push(
      mixed({ points: 1, time: now - 10_000 + round * 1000, start: now - 60_000, value: () => round, attributes }),
    );
  }
  await running.shutdown(AbortSignal.timeout(10_000));
  const taken = [...fake.taken(keys[0], '/api/v2/series')].filter(([id]) => id.startsWith('requests{'));
  // The third is gone, with its increase; of the others, nothing is missing and nothing came twice.
  expect(taken.map(([, { value }]) => value)).toEqual([1, 1, 2, 1, 1, 1, 1]);
  expect(fake.doubles()).toEqual([]);
  expect(fake.received.length).toBeGreaterThan(2);
});

// SEEDS=1,2,3,… tries others.
test.each((process.env['SEEDS'] ?? '1,2,3').split(',').map(Number))(
  'nothing is lost and nothing doubled, seed %d',
  async (seed) => {
    const [main, other] = [await intake([keys[0]]), await intake([keys[1], keys[2]])];
    main.behave = moody(seed);
    other.behave = moody(seed + 1000);
    const lines: string[] = [];
    const running = await collector(main, other, lines);
    await running.start();

    const [rounds, points] = [20, 100];
    const now = Date.now();
    const total = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const time = now - (rounds - round) * 1000;
      const grown = (index: number): number => (round + 1) * (index + 1);
      for (let index = 0; index < points; index++) total.set(index, grown(index));
      await running.push(mixed({ points, time, start: now - 120_000, value: grown }));
      await running.push(logs(Array.from({ length: 50 }, (_, index) => record(`log ${round} ${index}`))));
    }
    await running.shutdown(AbortSignal.timeout(60_000));

    for (const [fake, key] of [
      [main, keys[0]],
      [other, keys[1]],
      [other, keys[2]],
    ] as const) {
      expect(fake.violations).toEqual([]);
      expect(fake.doubles()[0]).toBeUndefined();
      const series = fake.taken(key, '/api/v2/series');
      const sketches = fake.taken(key, '/api/beta/sketches');
      const idsOf = (name: string): string[] => [...series.keys()].filter((id) => id.startsWith(`${name}{`));
      expect(idsOf('queue.size')).toHaveLength(rounds * points);
      expect(sketches.size).toBe(rounds * points);
      // A counter's increases sum up to its last value, series by series.
      const sums = new Map<string, number>();
      for (const id of idsOf('requests')) {
        const queue = /queue:q(\d+)/.exec(id)![1]!;
        sums.set(queue, (sums.get(queue) ?? 0) + (series.get(id)!.value as number));
      }
      expect(Object.fromEntries(sums)).toEqual(Object.fromEntries([...total].map(([index, value]) => [index, value])));
    }
    for (const [fake, key] of [
      [main, keys[0]],
      [other, keys[1]],
    ] as const) {
      const messages = [...fake.taken(key, '/api/v2/logs').values()].map(
        ({ value }) => (value as { message: string }).message,
      );
      expect(new Set(messages).size).toBe(rounds * 50);
    }
    expect(other.taken(keys[2], '/api/v2/logs').size).toBe(0);
    expect(lines.join('\n')).not.toMatch(/a{32}|b{32}|c{32}/);
  },
  90_000,
);
