import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { hasBuilt } from '../../../../../test/peers/build.ts';
import { goProgram } from '../../../../../test/peers/go-program.ts';

const oracle = goProgram({
  name: 'relabel-oracle',
  folder: join(import.meta.dirname, '../../testdata/relabel-oracle'),
});

export interface RelabelCase {
  readonly rules: readonly object[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface RelabelResult {
  readonly error?: string;
  readonly kept: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Whether Prometheus's own relabelling can be asked here. The first time that takes a quarter of a minute. */
export const hasOracle = (): boolean => hasBuilt(oracle);

export const askOracle = (cases: readonly RelabelCase[]): RelabelResult[] =>
  JSON.parse(execFileSync(oracle.path, { input: JSON.stringify(cases), maxBuffer: 2 ** 28, encoding: 'utf8' })) as RelabelResult[];
