import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrived, BackendPorts } from './backend.ts';
import type { Order, Sent, Task } from './sender.ts';

export interface Backend {
  readonly ports: BackendPorts;
  /** What has arrived since it started. */
  arrived(): Promise<Arrived>;
  stop(): void;
}

export interface Sender {
  send(order: Order): Promise<Sent>;
  stop(): void;
}

export async function startBackend(): Promise<Backend> {
  const child = fork(join(import.meta.dirname, 'backend.ts'));
  const ports = (await answer(child)) as BackendPorts;
  return {
    ports,
    async arrived() {
      child.send('arrived');
      return (await answer(child)) as Arrived;
    },
    stop: () => child.disconnect(),
  };
}

export async function startSender(task: Task): Promise<Sender> {
  const child = fork(join(import.meta.dirname, 'sender.ts'), [JSON.stringify(task)]);
  await answer(child);
  return {
    async send(order) {
      child.send(order);
      return (await answer(child)) as Sent;
    },
    stop: () => child.disconnect(),
  };
}

async function answer(child: ChildProcess): Promise<unknown> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', stop).then(([message]) => message as unknown),
      once(child, 'exit', stop).then(([code]) => {
        throw new Error(`${child.spawnargs.at(-1)} ended with ${String(code)}`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}

const arrivalTimeoutMs = 15_000;

/** Resolves once so many points have arrived since the start, or with what has when it takes too long. */
export async function untilArrived(backend: Backend, points: number): Promise<Arrived> {
  for (const deadline = performance.now() + arrivalTimeoutMs; ; ) {
    const arrived = await backend.arrived();
    if (arrived.points >= points || performance.now() > deadline) return arrived;
    await sleep(10);
  }
}
