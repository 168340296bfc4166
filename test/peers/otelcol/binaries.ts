import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const cache = join(here, '../../../node_modules/.cache/millrace-peers');

export interface Binary {
  readonly name: string;
  /** Where its go.mod is. */
  readonly folder: string;
  readonly goPackage: string;
  /** Of exactly these sources: another version is another path. */
  readonly path: string;
}

export const otelcol = binary({
  name: 'otelcol',
  folder: here,
  goPackage: '.',
  sources: ['go.mod', 'go.sum', 'main.go'],
});

export const telemetrygen = binary({
  name: 'telemetrygen',
  folder: join(here, 'telemetrygen'),
  goPackage: 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen',
  sources: ['go.mod', 'go.sum'],
});

function binary({ sources, ...rest }: Omit<Binary, 'path'> & { readonly sources: readonly string[] }): Binary {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(rest.folder, source)));
  return { ...rest, path: join(cache, `${rest.name}-${hash.digest('hex').slice(0, 12)}`) };
}

/** The path of the collector, if `build.ts` could build it here. */
export const otelcolBinary = (): string | undefined => builtPath(otelcol);

/** The path of the collector's load generator, if `build.ts` could build it here. */
export const telemetrygenBinary = (): string | undefined => builtPath(telemetrygen);

const builtPath = ({ path }: Binary): string | undefined => (existsSync(path) ? path : undefined);
