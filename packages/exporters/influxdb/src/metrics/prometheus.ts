import type { DataPoint, MetricData, NumberPoint } from '@millrace/core';
import { isEnded, pointType } from '@millrace/core';
import { keyText, measurementText, nameCache } from '../line/escape.ts';
import type { PointTags } from '../line/tags.ts';
import type { Distribution } from './distribution.ts';
import { figures, steps } from './distribution.ts';
import type { Out, WriteMetrics } from './schema.ts';
import { hasStart, isCounter, isDelta } from './schema.ts';

type WriteMetric = (metric: MetricData, tags: PointTags, out: Out) => void;

const keyOf = nameCache(keyText);
const measurementOf = nameCache(measurementText);
const startKey = keyOf('start_time_unix_nano');

/** What both schemas have in common: which points are written at all, and the tags of a resource and a scope. */
const eachMetric =
  (write: WriteMetric): WriteMetrics =>
  ({ resource, scopeMetrics }, out) => {
    for (const { scope, metrics } of scopeMetrics) {
      const tags = out.tags.of(resource.attributes, scope);
      for (const metric of metrics) {
        const { length } = metric.dataPoints;
        if (metric.descriptor.name === '') out.drop(length, 'no_name');
        else if (isDelta(metric)) out.drop(length, 'delta_temporality');
        else write(metric, tags, out);
      }
    }
  };

const valueKeys = { gauge: keyOf('gauge'), counter: keyOf('counter') } as const;

/** A measurement for each metric: https://github.com/influxdata/influxdb-observability/blob/main/docs/metrics.md */
export const prometheusV1: WriteMetrics = eachMetric((metric, tags, { lines }) => {
  const measurement = measurementOf(metric.descriptor.name);
  const begin = (point: DataPoint<unknown>): void => lines.begin(measurement, tags(point.attributes).bytes);
  const end = (point: DataPoint<unknown>, isWritten: boolean): void => {
    if (isWritten && hasStart(metric, point)) lines.nanoseconds(startKey, point.startTime);
    lines.end(point.endTime, 1);
  };
  if (metric.dataPointType === pointType.gauge || metric.dataPointType === pointType.sum) {
    const key = isCounter(metric) ? valueKeys.counter : valueKeys.gauge;
    for (const point of metric.dataPoints as readonly NumberPoint[]) {
      if (isEnded(point)) continue;
      begin(point);
      end(point, lines.number(key, point.value!, metric.descriptor.valueType));
    }
    return;
  }
  for (const point of metric.dataPoints as readonly DataPoint<Distribution>[]) {
    if (isEnded(point)) continue;
    begin(point);
    for (const [name, value] of [...figures(point.value!), ...steps(point.value!)]) lines.float(keyOf(name), value);
    end(point, true);
  }
});

const measurement = measurementOf('prometheus');

/** One measurement, with a field for each metric, and a line for each bucket and quantile. */
export const prometheusV2: WriteMetrics = eachMetric((metric, tags, { lines }) => {
  const { name } = metric.descriptor;
  const end = (point: DataPoint<unknown>, { isWritten, items }: { isWritten: boolean; items: number }): void => {
    if (isWritten && hasStart(metric, point)) lines.nanoseconds(startKey, point.startTime);
    lines.end(point.endTime, items);
  };
  if (metric.dataPointType === pointType.gauge || metric.dataPointType === pointType.sum) {
    const key = keyOf(name);
    for (const point of metric.dataPoints as readonly NumberPoint[]) {
      if (isEnded(point)) continue;
      lines.begin(measurement, tags(point.attributes).bytes);
      end(point, { isWritten: lines.number(key, point.value!, metric.descriptor.valueType), items: 1 });
    }
    return;
  }
  const isSummary = metric.dataPointType === pointType.summary;
  const stepKey = keyOf(isSummary ? name : `${name}_bucket`);
  for (const point of metric.dataPoints as readonly DataPoint<Distribution>[]) {
    if (isEnded(point)) continue;
    const own = tags(point.attributes);
    lines.begin(measurement, own.bytes);
    for (const [figure, value] of figures(point.value!)) lines.float(keyOf(`${name}_${figure}`), value);
    end(point, { isWritten: true, items: 1 });
    for (const [step, value] of steps(point.value!)) {
      lines.begin(measurement, own.with(isSummary ? 'quantile' : 'le', step));
      end(point, { isWritten: lines.float(stepKey, value), items: 0 });
    }
  }
});
