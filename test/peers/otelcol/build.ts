// Builds the collector and telemetrygen, once for each version. `node test/peers/otelcol/build.ts`
import { build } from '../build.ts';
import { otelcol, telemetrygen } from './programs.ts';

build(otelcol, telemetrygen);
