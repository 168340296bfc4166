// Builds Grafana Loki, once for each version; it takes a quarter of an hour. `node test/peers/loki/build.ts`
import { build } from '../build.ts';
import { loki } from './index.ts';

build(loki);
