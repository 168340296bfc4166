import { metrics, type MetricName } from '../metrics.ts';
import { type PresetName, presets } from '../presets/index.ts';
import { nanoseconds, type PresetMetric } from '../presets/preset.ts';
import { type Wanted, wantedOf } from './page.ts';

export const heartbeatMetric = 'cockroachdb.node.heartbeat.latency.p99' satisfies MetricName;

/** Where the API has no percentiles. */
const heartbeat: PresetMetric = {
  ...metrics[heartbeatMetric],
  series: { liveness_heartbeatlatency: {} },
  quantile: 0.99,
  scale: nanoseconds,
};

export const wantedByPresets = (names: readonly PresetName[]): Wanted =>
  wantedOf(Object.assign({ [heartbeatMetric]: heartbeat }, ...names.map((name) => presets.byName[name])));
