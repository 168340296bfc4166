import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binary } from '../otelcol/binaries.ts';

const folder = import.meta.dirname;
const hash = createHash('sha256');
for (const source of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(folder, source)));

/** Prints what Datadog's own translator makes of OTLP metrics; main.go says how it is asked. */
export const translator: Binary = {
  name: 'datadog-translator',
  folder,
  goPackage: '.',
  path: join(
    folder,
    `../../../node_modules/.cache/millrace-peers/datadog-translator-${hash.digest('hex').slice(0, 12)}`,
  ),
};

/** The path of the translator, if `build.ts` could build it here. */
export const translatorBinary = (): string | undefined => (existsSync(translator.path) ? translator.path : undefined);
