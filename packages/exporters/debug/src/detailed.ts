import type {
  Attributes,
  Batch,
  DataPoint,
  Exemplar,
  LogRecord,
  MetricData,
  PointType,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanLink,
  Temporality,
} from '@millrace/core';
import { isEnded, pointType, spanKind, spanStatus, temporality, valueType } from '@millrace/core';
import type { DecodedProfile } from '@millrace/otlp-profiles';
import { profileDetails, read } from './profiles.ts';
import { nameText, plainText, timeText, valueText } from './text.ts';
import { valueLines } from './value.ts';

/** A line, or lines that belong below the one before them. Undefined is left out. */
export type Lines = readonly (string | undefined | Lines)[];

/** Everything that is in the batch, as indented text; of profiles, what is greatest. */
export const detailed = (batch: Batch): string => indented(batchLines(batch), '').join('\n');

function batchLines(batch: Batch): Lines {
  switch (batch.signal) {
    case 'metrics':
      return batch.resourceMetrics.flatMap(({ resource, scopeMetrics }) => [
        ...resourceLines(resource),
        scopeMetrics.flatMap(({ scope, metrics }) => [...scopeLines(scope), metrics.flatMap(metricLines)]),
      ]);
    case 'logs':
      return batch.resourceLogs.flatMap(({ resource, scopeLogs }) => [
        ...resourceLines(resource),
        scopeLogs.flatMap(({ scope, logRecords }) => [...scopeLines(scope), logRecords.flatMap(recordLines)]),
      ]);
    case 'traces':
      return batch.resourceSpans.flatMap(({ resource, scopeSpans }) => [
        ...resourceLines(resource),
        scopeSpans.flatMap(({ scope, spans }) => [...scopeLines(scope), spans.flatMap(spanLines)]),
      ]);
    case 'profiles': {
      const profiles = read(batch);
      const size = `${batch.request.length} bytes`;
      return typeof profiles === 'string' ? [size, profiles] : [size, ...profiles.flatMap(decodedLines)];
    }
  }
}

const indented = (lines: Lines, margin: string): string[] =>
  lines.flatMap((line) =>
    line === undefined ? [] : typeof line === 'string' ? [`${margin}${line}`] : indented(line, `${margin}  `),
  );

const field = (name: string, value: unknown): string | undefined =>
  value === undefined || value === ''
    ? undefined
    : `${name}: ${typeof value === 'string' ? plainText(value) : String(value)}`;

const attributeLines = (attributes: Attributes | undefined): Lines => {
  const lines = Object.entries(attributes ?? {}).map(([name, value]) => `${nameText(name)}: ${valueText(value)}`);
  return lines.length > 0 ? ['attributes:', lines] : [];
};

const resourceLines = ({ attributes, schemaUrl, droppedAttributesCount }: Resource): Lines => [
  'Resource',
  [
    ...attributeLines(attributes),
    field('dropped attributes', droppedAttributesCount || undefined),
    field('schema URL', schemaUrl),
  ],
];

const scopeLines = ({ name, version, attributes, schemaUrl, droppedAttributesCount }: Scope): Lines => [
  `Scope ${name ? nameText(name) : '-'}`,
  [
    field('version', version),
    ...attributeLines(attributes),
    field('dropped attributes', droppedAttributesCount || undefined),
    field('schema URL', schemaUrl),
  ],
];

function metricLines(metric: MetricData): Lines {
  const { name, description, unit } = metric.descriptor;
  return [
    `Metric ${nameText(name)}`,
    [
      field('description', description),
      field('unit', unit),
      field('type', typeText(metric)),
      ...metric.dataPoints.flatMap((point: DataPoint<unknown>) => pointLines(metric, point)),
    ],
  ];
}

const typeNames: Readonly<Record<PointType, string>> = {
  [pointType.histogram]: 'histogram',
  [pointType.exponentialHistogram]: 'exponential histogram',
  [pointType.gauge]: 'gauge',
  [pointType.sum]: 'sum',
  [pointType.summary]: 'summary',
};

const temporalityNames: Readonly<Record<Temporality, string>> = {
  [temporality.unspecified]: 'neither delta nor cumulative',
  [temporality.delta]: 'delta',
  [temporality.cumulative]: 'cumulative',
};

function typeText(metric: MetricData): string {
  const parts = [typeNames[metric.dataPointType]];
  if (metric.dataPointType === pointType.gauge || metric.dataPointType === pointType.sum)
    parts.push(metric.descriptor.valueType === valueType.int ? 'int' : 'double');
  if ('aggregationTemporality' in metric) parts.push(temporalityNames[metric.aggregationTemporality]);
  if (metric.dataPointType === pointType.sum) parts.push(metric.isMonotonic ? 'monotonic' : 'not monotonic');
  return parts.join(', ');
}

function pointLines(metric: MetricData, point: DataPoint<unknown>): Lines {
  const { attributes, startTime, endTime, value, flags, exemplars } = point;
  return [
    'Point',
    [
      ...attributeLines(attributes),
      field('start time', timeText(startTime)),
      field('time', timeText(endTime)),
      ...(value === undefined ? [] : valueLines(metric, value)),
      flags ? `flags: ${flags}${isEnded(point) ? ' (no recorded value)' : ''}` : undefined,
      ...(exemplars ?? []).flatMap(exemplarLines),
    ],
  ];
}

const exemplarLines = ({ time, value, filteredAttributes, traceId, spanId }: Exemplar): Lines => [
  'Exemplar',
  [
    ...attributeLines(filteredAttributes),
    field('time', timeText(time)),
    field('value', value),
    field('trace id', traceId),
    field('span id', spanId),
  ],
];

const recordLines = (record: LogRecord): Lines => [
  'Record',
  [
    record.time && field('time', timeText(record.time)),
    field('observed time', timeText(record.observedTime)),
    field('severity', [record.severityText, record.severityNumber].filter(Boolean).join(' ')),
    field('event', record.eventName),
    record.body === undefined ? undefined : `body: ${valueText(record.body)}`,
    ...attributeLines(record.attributes),
    field('dropped attributes', record.droppedAttributesCount || undefined),
    field('trace id', record.traceId),
    field('span id', record.spanId),
    field('flags', record.flags || undefined),
  ],
];

const decodedLines = (profile: DecodedProfile): Lines => [
  ...resourceLines(profile.resource),
  [...scopeLines(profile.scope), ['Profile', [...attributeLines(profile.attributes), ...profileDetails(profile)]]],
];

const kindNames: Readonly<Record<number, string>> = {
  [spanKind.unspecified]: 'unspecified',
  [spanKind.internal]: 'internal',
  [spanKind.server]: 'server',
  [spanKind.client]: 'client',
  [spanKind.producer]: 'producer',
  [spanKind.consumer]: 'consumer',
};

const statusNames: Readonly<Record<number, string>> = {
  [spanStatus.unset]: 'unset',
  [spanStatus.ok]: 'ok',
  [spanStatus.error]: 'error',
};

const spanLines = (span: Span): Lines => [
  `Span ${nameText(span.name)}`,
  [
    field('trace id', span.traceId),
    field('parent id', span.parentSpanId),
    field('id', span.spanId),
    field('kind', kindNames[span.kind] ?? span.kind),
    field('trace state', span.traceState),
    field('flags', span.flags || undefined),
    field('start time', timeText(span.startTime)),
    field('end time', timeText(span.endTime)),
    field('status', span.status && (statusNames[span.status.code] ?? span.status.code)),
    field('status message', span.status?.message),
    ...attributeLines(span.attributes),
    field('dropped attributes', span.droppedAttributesCount || undefined),
    ...(span.events ?? []).flatMap(eventLines),
    field('dropped events', span.droppedEventsCount || undefined),
    ...(span.links ?? []).flatMap(linkLines),
    field('dropped links', span.droppedLinksCount || undefined),
  ],
];

const eventLines = ({ name, time, attributes, droppedAttributesCount }: SpanEvent): Lines => [
  `Event ${nameText(name)}`,
  [
    field('time', timeText(time)),
    ...attributeLines(attributes),
    field('dropped attributes', droppedAttributesCount || undefined),
  ],
];

const linkLines = ({ traceId, spanId, traceState, flags, attributes, droppedAttributesCount }: SpanLink): Lines => [
  'Link',
  [
    field('trace id', traceId),
    field('id', spanId),
    field('trace state', traceState),
    field('flags', flags || undefined),
    ...attributeLines(attributes),
    field('dropped attributes', droppedAttributesCount || undefined),
  ],
];
