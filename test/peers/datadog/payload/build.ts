// Builds the decoder of Datadog's payloads, once for each version. `node test/peers/datadog/payload/build.ts`
import { build } from '../../build.ts';
import { decoder } from './program.ts';

build(decoder);
