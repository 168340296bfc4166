import {
  type Batch,
  logsBatch,
  metricsBatch,
  pointType,
  type Signal,
  spanKind,
  tracesBatch,
  valueType,
} from '@millrace/core';

/** The signals that carry numbered items. */
export type Carrier = Exclude<Signal, 'profiles'>;
export const carriers: readonly Carrier[] = ['metrics', 'logs', 'traces'];

/** A batch of the numbers from `first` on, as points, records or spans of one sender. */
export function numbered(signal: Carrier, sender: string, [first, count]: readonly [number, number]): Batch {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const resource = { attributes: { sender, 'service.name': 'conservation' } };
  const scope = { name: 'numbers' };
  const time = [1_790_000_000, 0] as const;
  if (signal === 'metrics') {
    const dataPoints = numbers.map((value) => ({
      startTime: time,
      endTime: time,
      attributes: { number: value },
      value,
    }));
    const descriptor = { name: 'number', description: '', unit: '1', valueType: valueType.int };
    return metricsBatch([
      { resource, scopeMetrics: [{ scope, metrics: [{ descriptor, dataPointType: pointType.gauge, dataPoints }] }] },
    ]);
  }
  if (signal === 'logs') {
    const logRecords = numbers.map((body) => ({ observedTime: time, body, attributes: {} }));
    return logsBatch([{ resource, scopeLogs: [{ scope, logRecords }] }]);
  }
  const spans = numbers.map((number) => ({
    traceId: number.toString(16).padStart(32, '0'),
    spanId: (number + 1).toString(16).padStart(16, '0'),
    name: String(number),
    kind: spanKind.internal,
    startTime: time,
    endTime: time,
    attributes: {},
  }));
  return tracesBatch([{ resource, scopeSpans: [{ scope, spans }] }]);
}

/** The numbers of a batch, each as `sender:number`. */
export function numbersOf(batch: Batch): string[] {
  const numbers: string[] = [];
  const add = (sender: unknown, number: unknown): void => void numbers.push(`${String(sender)}:${String(number)}`);
  if (batch.signal === 'metrics')
    for (const { resource, scopeMetrics } of batch.resourceMetrics)
      for (const { metrics } of scopeMetrics)
        for (const { dataPoints } of metrics)
          for (const { value } of dataPoints) add(resource.attributes['sender'], value);
  if (batch.signal === 'logs')
    for (const { resource, scopeLogs } of batch.resourceLogs)
      for (const { logRecords } of scopeLogs)
        for (const { body } of logRecords) add(resource.attributes['sender'], body);
  if (batch.signal === 'traces')
    for (const { resource, scopeSpans } of batch.resourceSpans)
      for (const { spans } of scopeSpans) for (const { name } of spans) add(resource.attributes['sender'], name);
  return numbers;
}
