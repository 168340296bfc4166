import { join } from 'node:path';
import { builtPath, goProgram } from '../go-program.ts';

const here = import.meta.dirname;

export const otelcol = goProgram({ name: 'otelcol', folder: here });

export const telemetrygen = goProgram({
  name: 'telemetrygen',
  folder: join(here, 'telemetrygen'),
  goPackage: 'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen',
  sources: ['go.mod', 'go.sum'],
});

/** The path of the collector, if `build.ts` could build it here. */
export const otelcolBinary = (): string | undefined => builtPath(otelcol);

/** The path of the collector's load generator, if `build.ts` could build it here. */
export const telemetrygenBinary = (): string | undefined => builtPath(telemetrygen);
