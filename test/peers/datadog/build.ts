// Builds Datadog's translator, once for each version. `node test/peers/datadog/build.ts`
import { build } from '../build.ts';
import { translator } from './program.ts';

build(translator);
