import type { HrTime, LogsBatch } from '@millrace/core';
import { valueText } from '@millrace/core';
import { dividing } from './dimensions.ts';
import type { Lines } from './line/lines.ts';
import { moments } from './moments.ts';

const key = (name: string): Uint8Array => Buffer.from(name);
const keys = {
  observed: key('observed_time_unix_nano'),
  severityNumber: key('severity_number'),
  severityText: key('severity_text'),
  eventName: key('event_name'),
  body: key('body'),
  attributes: key('attributes'),
  dropped: key('dropped_attributes_count'),
};
export const logsMeasurement = key('logs');

const isKnown = (time: HrTime | undefined): time is HrTime => time !== undefined && (time[0] !== 0 || time[1] !== 0);

/** https://github.com/influxdata/influxdb-observability/blob/main/docs/logs.md. What has no time at all has `now`. */
export function writeLogs(
  { resourceLogs }: LogsBatch,
  { lines, dimensions, now }: { lines: Lines; dimensions: readonly string[]; now: HrTime },
): void {
  const divide = dividing(dimensions);
  const momentOf = moments();
  for (const { resource, scopeLogs } of resourceLogs)
    for (const { scope, logRecords } of scopeLogs) {
      const divided = divide(resource, scope);
      for (const record of logRecords) {
        const { time, observedTime, traceId, spanId, severityNumber, severityText, body } = record;
        const ids = traceId && spanId ? { trace_id: traceId, span_id: spanId } : {};
        const { tags, json } = divided(record.attributes, ids);
        lines.begin(logsMeasurement, tags.bytes);
        if (isKnown(observedTime)) lines.nanoseconds(keys.observed, observedTime);
        if (severityNumber) lines.integer(keys.severityNumber, severityNumber);
        if (severityText) lines.string(keys.severityText, severityText);
        if (record.eventName) lines.string(keys.eventName, record.eventName);
        lines.string(keys.body, valueText(body));
        if (json !== undefined) lines.string(keys.attributes, json);
        if (record.droppedAttributesCount) lines.unsigned(keys.dropped, record.droppedAttributesCount);
        lines.end(momentOf(tags, isKnown(time) ? time : isKnown(observedTime) ? observedTime : now), 1);
      }
    }
}
