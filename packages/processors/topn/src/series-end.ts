import type { DataPoint, HrTime, MetricData, Resource, ResourceMetrics } from '@millrace/core';
import { isEnded, noRecordedValue } from '@millrace/core';

export const endPoint = ({ startTime, attributes }: DataPoint<unknown>, time: HrTime): DataPoint<never> => ({
  startTime,
  endTime: time,
  attributes,
  value: undefined,
  flags: noRecordedValue,
});

/** Ends every series that has a value in what was sent last. */
export const endLive = (sent: ResourceMetrics, time: HrTime): ResourceMetrics =>
  mapPoints(sent, (points) => points.filter((point) => !isEnded(point)).map((point) => endPoint(point, time)));

/** Without the ends of series of which nothing was sent. */
export function withoutEnds(input: ResourceMetrics): ResourceMetrics {
  return hasEnds(input) ? mapPoints(input, (points) => points.filter((point) => !isEnded(point))) : input;
}

/** The metrics of one point each that were sent last and are not there now, ended. */
export function endedSince(before: readonly MetricData[], now: readonly MetricData[], time: HrTime): MetricData[] {
  return before
    .filter(({ descriptor }) => !now.some((metric) => metric.descriptor === descriptor))
    .map(
      (metric) => ({ ...metric, dataPoints: metric.dataPoints.map((point) => endPoint(point, time)) }) as MetricData,
    );
}

export const withResource = (input: ResourceMetrics, resource: Resource): ResourceMetrics =>
  input.resource === resource ? input : { resource, scopeMetrics: input.scopeMetrics };

const hasEnds = ({ scopeMetrics }: ResourceMetrics): boolean =>
  scopeMetrics.some(({ metrics }) => metrics.some(({ dataPoints }) => dataPoints.some(isEnded)));

type Points = readonly DataPoint<unknown>[];

function mapPoints({ resource, scopeMetrics }: ResourceMetrics, map: (points: Points) => Points): ResourceMetrics {
  return {
    resource,
    scopeMetrics: scopeMetrics.flatMap(({ scope, metrics }) => {
      const mapped = metrics.flatMap((metric) => {
        const dataPoints = map(metric.dataPoints);
        return dataPoints.length > 0 ? [{ ...metric, dataPoints } as MetricData] : [];
      });
      return mapped.length > 0 ? [{ scope, metrics: mapped }] : [];
    }),
  };
}
