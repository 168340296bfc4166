import { startAnswers } from '../answers.ts';
import { goProgram, isBuilt } from '../go-program.ts';

export const reader = goProgram({ name: 'pprofile', folder: import.meta.dirname });

/** Whether `build.ts` could build it here. */
export const hasReader = (): boolean => isBuilt(reader);

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
  const { ask, stop } = startAnswers(reader);
  return { read: async (format, request) => (await ask([format], request)) as Read, stop };
}
