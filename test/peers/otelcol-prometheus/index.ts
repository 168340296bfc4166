import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binary } from '../otelcol/binaries.ts';

const folder = import.meta.dirname;
const hash = createHash('sha256');
for (const source of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(folder, source)));

export const otelcolPrometheus: Binary = {
  name: 'otelcol-prometheus',
  folder,
  goPackage: '.',
  path: join(
    folder,
    '../../../node_modules/.cache/millrace-peers',
    `otelcol-prometheus-${hash.digest('hex').slice(0, 12)}`,
  ),
};

/** Whether `build.ts` could build it here. */
export const hasOtelcolPrometheus = (): boolean => existsSync(otelcolPrometheus.path);
