import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const here = import.meta.dirname;
const hash = createHash('sha256');
for (const source of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(here, source)));

/** Of exactly these sources. */
export const readerPath = join(
  here,
  '../../../node_modules/.cache/millrace-peers',
  `line-protocol-${hash.digest('hex').slice(0, 12)}`,
);

/** Whether `build.ts` could build it here. */
export const hasReader = (): boolean => existsSync(readerPath);

export interface Entry {
  readonly measurement: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly fields: readonly { readonly key: string; readonly kind: string; readonly value: string }[];
  /** Nanoseconds. */
  readonly time: string;
}

export interface Reader {
  /** What InfluxData's decoder understands. Rejects with where and why, if that is no line protocol. */
  read(request: Uint8Array): Promise<readonly Entry[]>;
  stop(): Promise<void>;
}

export function startReader(): Reader {
  const child = spawn(readerPath, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async read(request) {
      child.stdin.write(`${request.length}\n`);
      child.stdin.write(request);
      const { value, done } = await answers.next();
      if (done) throw new Error('The reader has ended.');
      const { entries, error } = JSON.parse(value) as { entries: Entry[]; error?: string };
      if (error) throw new Error(error);
      return entries;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
