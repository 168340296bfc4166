// Builds the reader of line protocol, once for the same sources. `node test/peers/influxdb/build.ts`
import { build } from '../build.ts';
import { reader } from './index.ts';

build(reader);
