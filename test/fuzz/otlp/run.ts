import type { Batch } from '@millrace/core';
import { heldBytes, itemCount, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { batchFromRequest, encode } from '@millrace/otlp';
import receiver from '@millrace/receiver-otlp';
import type { Case, Verdict } from './cases.ts';
import { makeCase, maxBytes } from './cases.ts';
import type { Answer } from './senders.ts';
import { grpcSender, httpSender, rawSender } from './senders.ts';

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** How many at once. */
  readonly width?: number;
  /** Called now and then with how far it is. */
  progress?(done: number, counts: ReadonlyMap<string, number>): void;
}

export interface FuzzResult {
  /** By protocol, verdict and answer. */
  readonly counts: ReadonlyMap<string, number>;
  /** Sentences, each with the seed that shows it again. */
  readonly failures: readonly string[];
  readonly rssMib: { readonly early: number; readonly late: number };
}

const answers: Readonly<Record<Verdict, { readonly grpc: readonly number[]; readonly http: readonly number[] }>> = {
  taken: { grpc: [0], http: [200] },
  judged: { grpc: [0, 3], http: [200, 400] },
  invalid: { grpc: [3], http: [400] },
  garbled: { grpc: [13], http: [400] },
  large: { grpc: [8], http: [413] },
  malformed: { grpc: [13], http: [] },
  unanswered: { grpc: [], http: [] },
};

/** What protobufjs takes and we do not: it guesses where a field has another wire type, skips groups, and knows nothing of ids. */
const stricter = /has wire type|wire type 3|an id of/;
const patienceMs = 30_000;
const maxFailures = 20;

/** Sends requests of all kinds at one receiver, and checks every answer and everything that arrives. */
export async function fuzz({ requests, seed, width = 32, progress }: FuzzOptions): Promise<FuzzResult> {
  const arrived = new Map<string, Batch>();
  const context = testContext({ clock: systemClock });
  const limits = {
    grpc: { endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 1, include_metadata: true },
    http: { endpoint: '127.0.0.1:0', max_request_body_size: String(maxBytes), include_metadata: true },
  };
  const component = receiver.create(resolveConfig(receiver.config, { protocols: limits }), context, {
    consume: async (batch) => void arrived.set(batch.metadata?.['x-fuzz-id']?.[0] ?? '', batch),
  });
  await component.start!();
  const [grpcPort, httpPort] = context.lines.map(({ fields }) =>
    Number((fields as { endpoint: string }).endpoint.split(':')[1]),
  );
  const senders = {
    grpc: grpcSender(grpcPort!),
    http: httpSender(httpPort!),
    'raw-grpc': rawSender(grpcPort!),
    'raw-http': rawSender(httpPort!),
  };

  const counts = new Map<string, number>();
  const failures: string[] = [];
  let begun = 0;
  let done = 0;
  let early = 0;

  async function one(caseSeed: number): Promise<void> {
    const made = makeCase(caseSeed);
    const answer = await inTime(senders[made.protocol].send(made));
    const fault = answer
      ? faultOf(made, { answer, batch: arrived.get(made.id) })
      : `was not answered within ${patienceMs} ms`;
    arrived.delete(made.id);
    if (fault) failures.push(`seed ${caseSeed} (${made.protocol}, ${made.signal}, ${made.verdict}): ${fault}`);
    const key = `${made.protocol} ${made.verdict}: ${answer?.status ?? 'none'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    done++;
    if (done === Math.ceil(requests / 4)) early = rssMib();
    if (done % 10_000 === 0) progress?.(done, counts);
  }
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (begun < requests && failures.length < maxFailures) await one(seed + begun++);
    }),
  );

  for (const sender of Object.values(senders)) sender.close();
  await component.shutdown!(AbortSignal.timeout(5000));
  if (heldBytes() !== 0) failures.push(`${heldBytes()} bytes are held after the end`);
  return { counts, failures, rssMib: { early, late: rssMib() } };
}

const rssMib = (): number => Math.round(process.memoryUsage.rss() / 1024 / 1024);

function faultOf(made: Case, { answer, batch }: { answer: Answer; batch: Batch | undefined }): string | undefined {
  const { status, text } = answer;
  if (made.protocol === 'raw-grpc' || made.protocol === 'raw-http') return undefined;
  const isTaken = status === (made.protocol === 'grpc' ? 0 : 200);
  if (!answers[made.verdict][made.protocol].includes(status!)) return `was answered with ${status}: ${text}`;
  if (!isTaken) {
    if (batch) return 'was refused, and arrived';
    if (made.verdict === 'judged' && made.format === 'protobuf' && made.signal !== 'profiles' && !stricter.test(text))
      return `was refused, and protobufjs takes it: ${text}`;
    return undefined;
  }
  if (!made.arrives) return undefined;
  if (!batch)
    return itemCount(batchFromRequest(made.signal, made.arrives)) > 0 ? 'was taken, and did not arrive' : undefined;
  const bytes = batch.signal === 'profiles' ? batch.request : encode(batch);
  return Buffer.compare(bytes, made.arrives) === 0 ? undefined : 'did not arrive as it was sent';
}

function inTime(answer: Promise<Answer>): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), patienceMs);
    void answer.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
