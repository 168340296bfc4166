import { startAnswers } from '../answers.ts';
import { goProgram, isBuilt } from '../go-program.ts';

export const reader = goProgram({ name: 'line-protocol', folder: import.meta.dirname });

/** Whether `build.ts` could build it here. */
export const hasReader = (): boolean => isBuilt(reader);

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
  const { ask, stop } = startAnswers(reader);
  return {
    async read(request) {
      const { entries, error } = (await ask([], request)) as { entries: Entry[]; error?: string };
      if (error) throw new Error(error);
      return entries;
    },
    stop,
  };
}
