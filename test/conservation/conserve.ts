import { writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { millrace, type Program } from '../e2e/program.ts';
import { type Backend, moods, startBackend } from './backend.ts';
import { createDisk } from './disk.ts';
import { carriers } from './items.ts';
import { freePort, seeded } from '@millrace/core/testing';
import { startSender } from './senders.ts';

export interface Report {
  readonly seed: number;
  readonly acknowledged: number;
  /** Acknowledged, and in a record that was damaged on purpose. */
  readonly damaged: number;
  /** Acknowledged, not damaged, and did not arrive: must be empty. */
  readonly missing: readonly string[];
  /** Arrived more than once, as at-least-once allows. */
  readonly duplicates: number;
  /** Arrived although the sender was never told so. */
  readonly unacknowledged: number;
  readonly refused: number;
  readonly done: Readonly<Record<'kills' | 'moods' | 'fills' | 'damages', number>>;
}

/**
 * Senders with numbered items, a gateway with a queue on disk, a backend with moods; and what production does to them. What
 * was acknowledged and was not in a damaged record must arrive.
 */
export async function conserve({
  seconds,
  seed,
  say,
}: {
  seconds: number;
  seed: number;
  say(line: string): void;
}): Promise<Report> {
  const random = seeded(seed);
  const disk = createDisk(24);
  if (!disk.isSmall) say('No small file system can be mounted by this user: the disk is not filled.');
  const folder = mkdtempSync(join(tmpdir(), 'millrace-conservation-config-'));
  const backend = await startBackend();
  const target = { grpcPort: await freePort(), httpPort: await freePort() };
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, gatewayYaml({ ...target, backend: backend.port, directory: disk.directory }));

  const done = { kills: 0, moods: 0, fills: 0, damages: 0 };
  const damaged = new Set<string>();
  const start = async (): Promise<Program> => {
    const program = millrace(['run', config]);
    await program.saw(/Everything has started/);
    return program;
  };
  let gateway = await start();
  const senders = carriers.flatMap((signal) =>
    ['grpc', 'http'].map((protocol) =>
      startSender(`${protocol}-${signal}`, signal, { target, random: seeded(random.int(0, 1e9)) }),
    ),
  );

  const actions = {
    async mood() {
      backend.mood = random.pick(moods);
      done.moods++;
      await sleep(random.int(300, 2_500));
    },
    async kill() {
      await gateway.stop('SIGKILL');
      done.kills++;
      await sleep(random.int(0, 300));
      gateway = await start();
      await sleep(random.int(0, 1_000));
    },
    async fill() {
      if (!disk.isSmall) return;
      disk.fill();
      done.fills++;
      await sleep(random.int(300, 1_500));
      disk.free();
    },
    async damage() {
      await gateway.stop('SIGKILL');
      const hit = await disk.damage(random);
      for (const number of hit) damaged.add(number);
      if (hit.length > 0) done.damages++;
      gateway = await start();
    },
  };
  const order = ['mood', 'mood', 'kill', 'mood', 'fill', 'kill', 'damage'] as const;
  try {
    const until = Date.now() + seconds * 1000;
    for (let step = 0; Date.now() < until; step++) {
      const action = step < order.length ? order[step]! : random.pick(order);
      await actions[action]();
      if (gateway.child.exitCode !== null) throw new Error(`The gateway ended by itself:\n${gateway.stderr}`);
    }
    backend.mood = 'fine';
    await Promise.all(senders.map((sender) => sender.stop()));

    const acknowledged = new Set(senders.flatMap((sender) => [...sender.acknowledged]));
    const missing = (): string[] =>
      [...acknowledged].filter((number) => !backend.arrived.has(number) && !damaged.has(number));
    for (let last = missing().length, waited = 0; last > 0 && waited < 20_000; waited += 500) {
      await sleep(500);
      const now = missing().length;
      if (now < last) waited = 0;
      last = now;
    }
    await gateway.stop();
    return {
      seed,
      acknowledged: acknowledged.size,
      damaged: [...damaged].filter((number) => acknowledged.has(number) && !backend.arrived.has(number)).length,
      missing: missing(),
      duplicates: [...backend.arrived.values()].reduce((sum, times) => sum + times - 1, 0),
      unacknowledged: [...backend.arrived.keys()].filter((number) => !acknowledged.has(number)).length,
      refused: senders.reduce((sum, { counts }) => sum + counts.refused, 0),
      done,
    };
  } finally {
    await Promise.all(senders.map((sender) => sender.stop()));
    if (gateway.child.exitCode === null) await gateway.stop('SIGKILL');
    await backend.close();
    disk.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

const gatewayYaml = ({
  grpcPort,
  httpPort,
  backend,
  directory,
}: {
  grpcPort: number;
  httpPort: number;
  backend: number;
  directory: string;
}): string => `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: 127.0.0.1:${grpcPort} }
      http: { endpoint: 127.0.0.1:${httpPort} }
exporters:
  otlp:
    endpoint: 127.0.0.1:${backend}
    tls: { insecure: true }
    timeout: 1s
    sending_queue:
      storage: file_storage
      queue_size: 1000000
      num_consumers: 4
      batch: { flush_timeout: 50ms, min_size: 500 }
    retry_on_failure: { initial_interval: 50ms, max_interval: 300ms, max_elapsed_time: 0 }
extensions:
  file_storage: { directory: ${directory} }
service:
  extensions: [file_storage]
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [otlp], exporters: [otlp] }
    logs: { receivers: [otlp], exporters: [otlp] }
    traces: { receivers: [otlp], exporters: [otlp] }
`;

export type { Backend };
