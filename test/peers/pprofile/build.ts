// Builds what reads profiles with the code of the collector, once for the same sources. `node test/peers/pprofile/build.ts`
import { build } from '../build.ts';
import { reader } from './index.ts';

build(reader);
