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
  `pprofile-${hash.digest('hex').slice(0, 12)}`,
);

/** Whether `build.ts` could build it here. */
export const hasReader = (): boolean => existsSync(readerPath);

/** Integers are decimal texts. */
export interface ReadProfile {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly type: string;
  readonly unit: string;
  readonly time: string;
  readonly duration: string;
  readonly periodType: string;
  readonly periodUnit: string;
  readonly period: string;
  readonly samples: readonly ReadSample[];
}

export interface ReadSample {
  readonly values: readonly string[];
  /** A mapping is its start, limit, offset, file and build id; a line its function's texts and start line, line and column. */
  readonly stack: readonly { readonly address: string; readonly mapping: string; readonly lines: readonly string[] }[];
  readonly attributes: readonly (readonly [key: string, value: string, unit: string])[];
  readonly link: string;
}

export interface Read {
  readonly samples: number;
  readonly profiles: readonly ReadProfile[];
  /** The same request as the collector writes it: OTLP/JSON, and protobuf in base64. */
  readonly json: unknown;
  readonly proto: string;
  /** Why the request is none. */
  readonly error?: string;
}

export interface Reader {
  read(format: 'proto' | 'json', request: Uint8Array): Promise<Read>;
  stop(): Promise<void>;
}

/** What the collector's own code (pdata/pprofile) understands of requests of profiles. */
export function startReader(): Reader {
  const child = spawn(readerPath, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async read(format, request) {
      child.stdin.write(`${format} ${request.length}\n`);
      child.stdin.write(request);
      const { value, done } = await answers.next();
      if (done) throw new Error('The reader has ended.');
      return JSON.parse(value) as Read;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
