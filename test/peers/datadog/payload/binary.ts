import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Binary } from '../../otelcol/binaries.ts';

const folder = import.meta.dirname;
const hash = createHash('sha256');
for (const source of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(folder, source)));

/** Decodes payloads with Datadog's own generated code; main.go says how it is asked. */
export const decoder: Binary = {
  name: 'datadog-payload',
  folder,
  goPackage: '.',
  path: join(
    folder,
    `../../../../node_modules/.cache/millrace-peers/datadog-payload-${hash.digest('hex').slice(0, 12)}`,
  ),
};

/** The path of the decoder, if `build.ts` could build it here. */
export const decoderBinary = (): string | undefined => (existsSync(decoder.path) ? decoder.path : undefined);
