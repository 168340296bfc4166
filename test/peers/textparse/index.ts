import { execFileSync, spawn } from 'node:child_process';
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
  `textparse-${hash.digest('hex').slice(0, 12)}`,
);

/** Whether `build.ts` could build it here. */
export const hasReader = (): boolean => existsSync(readerPath);

export interface ReadSample {
  /** With the name, as `__name__`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  readonly time?: number;
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: string;
    readonly time?: number;
  };
}

export interface Read {
  readonly samples: readonly ReadSample[];
  readonly told: readonly (readonly [kind: string, family: string, text: string])[];
  /** Why the page is none. */
  readonly error?: string;
}

export interface Reader {
  /** What the parsers of Prometheus understand. */
  read(page: Uint8Array, contentType: string): Promise<Read>;
  stop(): Promise<void>;
}

export function startReader(): Reader {
  const child = spawn(readerPath, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async read(page, contentType) {
      child.stdin.write(`${contentType} ${page.length}\n`);
      child.stdin.write(page);
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

/** CPU milliseconds that it takes to parse the file, with the labels made and without. */
export const benchReader = (path: string, times: number): { readonly first: number[]; readonly again: number[] } =>
  JSON.parse(execFileSync(readerPath, ['bench', path, String(times)], { encoding: 'utf8' })) as {
    first: number[];
    again: number[];
  };
