import type { DataPoint, MetricData, ResourceMetrics } from '@millrace/core';
import { pointType, temporality } from '@millrace/core';
import type { DropReason, Lines } from '../line/lines.ts';
import type { TagCache } from '../line/tags.ts';

export interface Out {
  readonly lines: Lines;
  readonly tags: TagCache;
  drop(items: number, reason: DropReason): void;
}

/** Writes what one resource has measured. */
export type WriteMetrics = (measured: ResourceMetrics, out: Out) => void;

/** In the Telegraf schemas a value is the one up to now, so there is no place for one since the last. */
export const isDelta = (metric: MetricData): boolean =>
  'aggregationTemporality' in metric && metric.aggregationTemporality === temporality.delta;

/** A gauge's points have no beginning. */
export const hasStart = (metric: MetricData, { startTime: [seconds, nanos] }: DataPoint<unknown>): boolean =>
  metric.dataPointType !== pointType.gauge && (seconds !== 0 || nanos !== 0);

export const isCounter = (metric: MetricData): boolean => metric.dataPointType === pointType.sum && metric.isMonotonic;
