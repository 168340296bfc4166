import type { Condition, Subject } from '@millrace/conditions';
import type { LogsBatch, MetricData, MetricsBatch, ResourceBatch, TracesBatch } from '@millrace/core';
import { logsBatch, metricsBatch, tracesBatch } from '@millrace/core';

/** Those of which the condition is true, and the others; undefined where there are none. What stays whole is the same object. */
export type Halves<T> = readonly [matched: T | undefined, others: T | undefined];

/** Parts the items of a batch by what the condition says of each. */
export function partition(batch: ResourceBatch, condition: Condition, subject: Subject): Halves<ResourceBatch> {
  switch (batch.signal) {
    case 'metrics':
      return partitionMetrics(batch, condition, subject);
    case 'logs':
      return partitionLogs(batch, condition, subject);
    case 'traces':
      return partitionTraces(batch, condition, subject);
  }
}

function partitionMetrics(batch: MetricsBatch, condition: Condition, subject: Subject): Halves<MetricsBatch> {
  const byPoint = (metric: MetricData): Halves<MetricData> => {
    subject.metric = metric;
    const test = (point: MetricData['dataPoints'][number]): boolean => {
      subject.point = point;
      return condition.test(subject);
    };
    return within(
      metric,
      halve<MetricData['dataPoints'][number]>(metric.dataPoints, (point) => whole(point, test(point))),
      (dataPoints) => ({ ...metric, dataPoints }) as MetricData,
    );
  };
  const byMetric = (metric: MetricData): Halves<MetricData> => {
    subject.metric = metric;
    return whole(metric, condition.test(subject));
  };
  const resources = halve(batch.resourceMetrics, (one) => {
    subject.resource = one.resource;
    const scopes = halve(one.scopeMetrics, (scope) => {
      subject.scope = scope.scope;
      const metrics = halve(scope.metrics, condition.context === 'datapoint' ? byPoint : byMetric);
      return within(scope, metrics, (kept) => ({ ...scope, metrics: kept }));
    });
    return within(one, scopes, (scopeMetrics) => ({ ...one, scopeMetrics }));
  });
  return within(batch, resources, (kept) => metricsBatch(kept, batch.metadata));
}

function partitionLogs(batch: LogsBatch, condition: Condition, subject: Subject): Halves<LogsBatch> {
  const resources = halve(batch.resourceLogs, (one) => {
    subject.resource = one.resource;
    const scopes = halve(one.scopeLogs, (scope) => {
      subject.scope = scope.scope;
      const records = halve(scope.logRecords, (record) => {
        subject.record = record;
        return whole(record, condition.test(subject));
      });
      return within(scope, records, (logRecords) => ({ ...scope, logRecords }));
    });
    return within(one, scopes, (scopeLogs) => ({ ...one, scopeLogs }));
  });
  return within(batch, resources, (kept) => logsBatch(kept, batch.metadata));
}

function partitionTraces(batch: TracesBatch, condition: Condition, subject: Subject): Halves<TracesBatch> {
  const resources = halve(batch.resourceSpans, (one) => {
    subject.resource = one.resource;
    const scopes = halve(one.scopeSpans, (scope) => {
      subject.scope = scope.scope;
      const spans = halve(scope.spans, (span) => {
        subject.span = span;
        return whole(span, condition.test(subject));
      });
      return within(scope, spans, (kept) => ({ ...scope, spans: kept }));
    });
    return within(one, scopes, (scopeSpans) => ({ ...one, scopeSpans }));
  });
  return within(batch, resources, (kept) => tracesBatch(kept, batch.metadata));
}

const whole = <T>(item: T, matches: boolean): Halves<T> => (matches ? [item, undefined] : [undefined, item]);

/** The halves of a list; a half that is all of the list is the list itself. An item in pieces has one in either. */
function halve<T>(list: readonly T[], part: (item: T) => Halves<T>): Halves<readonly T[]> {
  const matched: T[] = [];
  const others: T[] = [];
  for (const item of list) {
    const [match, other] = part(item);
    if (match !== undefined) matched.push(match);
    if (other !== undefined) others.push(other);
  }
  if (matched.length === 0) return [undefined, list];
  return others.length === 0 ? [list, undefined] : [matched, others];
}

/** The halves of what holds a list, from the halves of its list. */
function within<Holder, T>(
  holder: Holder,
  [matched, others]: Halves<readonly T[]>,
  build: (list: readonly T[]) => Holder,
): Halves<Holder> {
  if (!others) return [holder, undefined];
  if (!matched) return [undefined, holder];
  return [build(matched), build(others)];
}
