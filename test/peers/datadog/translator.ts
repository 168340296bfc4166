import type { MetricsBatch } from '@millrace/core';
import { encode } from '@millrace/otlp';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** What the translator is told; main.go has the same. */
export interface TranslatorOptions {
  readonly histograms: string;
  readonly aggregations: boolean;
  readonly quantiles: boolean;
  readonly sums: string;
  readonly initial: string;
  readonly scope_tags: boolean;
  readonly interval: boolean;
  readonly hostname: string;
  readonly delta_ttl: number;
}

export interface TranslatedSeries {
  readonly metric: string;
  readonly type: string;
  readonly unit: string;
  readonly interval: number;
  /** Nanoseconds, rounded to what a number can hold. */
  readonly timestamp: number;
  readonly value: number;
  readonly tags: readonly string[];
  readonly host: string;
}

export interface TranslatedSketch {
  readonly metric: string;
  readonly unit: string;
  readonly timestamp: number;
  readonly tags: readonly string[];
  readonly host: string;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly average: number;
  readonly keys: readonly number[];
  readonly counts: readonly number[];
}

export interface Translated {
  readonly series: readonly TranslatedSeries[];
  readonly sketches: readonly TranslatedSketch[];
  readonly error?: string;
}

/** What a translator is given, one after another: options make a new one. */
export type Input = { readonly options: TranslatorOptions } | { readonly batch: MetricsBatch };

/** Runs Datadog's translator over the inputs. An answer for each batch. */
export async function translate(binary: string, inputs: readonly Input[]): Promise<Translated[]> {
  const program = spawn(binary, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = text(program.stderr);
  const lines = inputs.map((input) =>
    JSON.stringify('batch' in input ? { request: Buffer.from(encode(input.batch)).toString('base64') } : input),
  );
  program.stdin.end(`${lines.join('\n')}\n`);
  const answers: Translated[] = [];
  for await (const line of createInterface({ input: program.stdout })) answers.push(JSON.parse(line) as Translated);
  const wanted = inputs.filter((input) => 'batch' in input).length;
  if (answers.length !== wanted) throw new Error(`${answers.length} answers of ${wanted}: ${await said}`);
  return answers;
}
