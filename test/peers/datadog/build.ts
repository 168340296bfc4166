// Builds Datadog's translator, once for each version. `node test/peers/datadog/build.ts`
import { buildAll } from '../otelcol/build.ts';
import { translator } from './binary.ts';

buildAll([translator]);
