import type { Exemplar as OtelExemplar, HrTime } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { Exemplar } from './series.ts';

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#exemplars */
export function exemplarOf({ labels, value, timeMs }: Exemplar, time: HrTime): OtelExemplar {
  const { trace_id: traceId, span_id: spanId, ...rest } = labels as Readonly<Record<string, string>>;
  const isTrace = traceId !== undefined && /^[\da-f]{32}$/i.test(traceId);
  const isSpan = spanId !== undefined && /^[\da-f]{16}$/i.test(spanId);
  // What is no id stays as it is.
  const attributes: Record<string, string> = rest;
  if (traceId !== undefined && !isTrace) attributes['trace_id'] = traceId;
  if (spanId !== undefined && !isSpan) attributes['span_id'] = spanId;
  return {
    time: timeMs === undefined ? time : hrTime(timeMs),
    value,
    ...(Object.keys(attributes).length > 0 && { filteredAttributes: attributes }),
    ...(isTrace && { traceId: traceId.toLowerCase() }),
    ...(isSpan && { spanId: spanId.toLowerCase() }),
  };
}
