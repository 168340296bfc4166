import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from '@millrace/otlp';
import { type Carrier, numbered } from './items.ts';
import type { Random } from '@millrace/core/testing';

export interface Sender {
  /** What was acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
  /** Requests sent, and how many were refused or not answered. */
  readonly counts: { readonly sent: number; readonly refused: number };
  /** Resolves when it has stopped. */
  stop(): Promise<void>;
}

interface Target {
  readonly grpcPort: number;
  readonly httpPort: number;
}

type Post = (signal: Carrier, request: Uint8Array) => Promise<void>;

/** Sends numbers for as long as it runs, each request again until it is acknowledged, over the protocol of its name. */
export function startSender(
  name: string,
  signal: Carrier,
  { target, random }: { target: Target; random: Random },
): Sender {
  const acknowledged = new Set<string>();
  const counts = { sent: 0, refused: 0 };
  const { post, close } = name.startsWith('grpc') ? grpc(target.grpcPort) : http(target.httpPort);
  let running = true;

  async function run(): Promise<void> {
    for (let first = 0; running; ) {
      const count = random.int(1, 200);
      const request = encode(numbered(signal, name, [first, count]));
      while (running) {
        counts.sent++;
        try {
          await post(signal, request);
          for (let number = first; number < first + count; number++) acknowledged.add(`${name}:${number}`);
          break;
        } catch {
          counts.refused++;
          await sleep(20 + random.int(0, 60));
        }
      }
      first += count;
      await sleep(random.int(0, 4));
    }
  }
  const ended = run();
  return {
    acknowledged,
    counts,
    async stop() {
      running = false;
      await ended;
      close();
    },
  };
}

const services = {
  metrics: ['metrics', 'MetricsService'],
  logs: ['logs', 'LogsService'],
  traces: ['trace', 'TraceService'],
} as const;

function grpc(port: number): { post: Post; close(): void } {
  const options = {
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 200,
    'grpc.use_local_subchannel_pool': 1,
  };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    close: () => client.close(),
    post: (signal, request) =>
      new Promise((resolve, reject) => {
        const [pack, service] = services[signal];
        const path = `/opentelemetry.proto.collector.${pack}.v1.${service}/Export`;
        client.makeUnaryRequest(
          path,
          same,
          same,
          Buffer.from(request),
          new Metadata(),
          { deadline: Date.now() + 3_000 },
          (error) => (error && error.code !== status.OK ? reject(error) : resolve()),
        );
      }),
  };
}

function http(port: number): { post: Post; close(): void } {
  return {
    close: () => {},
    async post(signal, request) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: Buffer.from(request),
        signal: AbortSignal.timeout(3_000),
      });
      const body = await answer.arrayBuffer();
      if (answer.status !== 200 || body.byteLength > 0) throw new Error(`${answer.status}, ${body.byteLength} bytes`);
    },
  };
}
