// Builds the decoder of Datadog's payloads, once for each version. `node test/peers/datadog/payload/build.ts`
import { buildAll } from '../../otelcol/build.ts';
import { decoder } from './binary.ts';

buildAll([decoder]);
