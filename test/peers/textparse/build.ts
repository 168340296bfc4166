// Builds what reads pages with the parsers of Prometheus, once for the same sources. `node test/peers/textparse/build.ts`
import { build } from '../build.ts';
import { reader } from './index.ts';

build(reader);
