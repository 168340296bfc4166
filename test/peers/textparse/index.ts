import { execFileSync } from 'node:child_process';
import { startAnswers } from '../answers.ts';
import { goProgram, isBuilt } from '../go-program.ts';

export const reader = goProgram({ name: 'textparse', folder: import.meta.dirname });

/** Whether `build.ts` could build it here. */
export const hasReader = (): boolean => isBuilt(reader);

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
  const { ask, stop } = startAnswers(reader);
  return { read: async (page, contentType) => (await ask([contentType], page)) as Read, stop };
}

/** CPU milliseconds that it takes to parse the file, with the labels made and without. */
export const benchReader = (path: string, times: number): { readonly first: number[]; readonly again: number[] } =>
  JSON.parse(execFileSync(reader.path, ['bench', path, String(times)], { encoding: 'utf8' })) as {
    first: number[];
    again: number[];
  };
