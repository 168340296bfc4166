// Builds Grafana Pyroscope and Pyroscope 0.37.1, once for each version; it takes a quarter of an hour.
// `node test/peers/pyroscope/build.ts`
import { build } from '../build.ts';
import { pyroscope, pyroscopeLegacy } from './index.ts';

build(pyroscope, pyroscopeLegacy);
