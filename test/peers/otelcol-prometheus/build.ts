// Builds the collector with its prometheus receiver, once for each version; it takes ten minutes, so CI does not.
import { build } from '../build.ts';
import { otelcolPrometheus } from './index.ts';

build(otelcolPrometheus);
