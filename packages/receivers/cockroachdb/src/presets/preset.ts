import type { Attributes, MetricDeclaration } from '@millrace/core';

/** A metric that is made of series of `/_status/vars`. */
export interface PresetMetric extends MetricDeclaration {
  /** Names of the series, without their labels, and the attributes of their points. A histogram by its own name. */
  readonly series: Readonly<Record<string, Attributes>>;
  /** What values are multiplied with to have the unit: nanoseconds to seconds. Default: 1. */
  readonly scale?: number;
  /** The series are histograms, of which this quantile is taken, over what came since the page before. */
  readonly quantile?: number;
}

export type Preset = Readonly<Record<string, PresetMetric>>;

/** Of a count of nanoseconds. */
export const nanoseconds = 1e-9;
