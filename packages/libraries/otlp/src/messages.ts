// The messages of OTLP by their published names and numbers (opentelemetry-proto 1.x). What walks requests without making
// objects works from this: the check of a request, and both ways between protobuf and JSON.

type Scalar =
  | 'bool'
  | 'bytes'
  | 'double'
  | 'fixed32'
  | 'fixed64'
  | 'int32'
  | 'int64'
  | 'sfixed64'
  | 'sint32'
  | 'spanId'
  | 'string'
  | 'traceId'
  | 'uint32'
  | 'uint64';

type MessageName = keyof typeof messages;
type EnumName = keyof typeof enums;
type Kind = Scalar | MessageName | EnumName;
type FieldSpec = readonly [number: number, kind: string, repeated?: 'repeated'];

const keyValues = (number: number): FieldSpec => [number, 'KeyValue', 'repeated'];

const messages = {
  ExportMetricsServiceRequest: { resourceMetrics: [1, 'ResourceMetrics', 'repeated'] },
  ResourceMetrics: {
    resource: [1, 'Resource'],
    scopeMetrics: [2, 'ScopeMetrics', 'repeated'],
    schemaUrl: [3, 'string'],
  },
  ScopeMetrics: {
    scope: [1, 'InstrumentationScope'],
    metrics: [2, 'Metric', 'repeated'],
    schemaUrl: [3, 'string'],
  },
  Metric: {
    name: [1, 'string'],
    description: [2, 'string'],
    unit: [3, 'string'],
    gauge: [5, 'Gauge'],
    sum: [7, 'Sum'],
    histogram: [9, 'Histogram'],
    exponentialHistogram: [10, 'ExponentialHistogram'],
    summary: [11, 'Summary'],
    metadata: keyValues(12),
  },
  Gauge: { dataPoints: [1, 'NumberDataPoint', 'repeated'] },
  Sum: {
    dataPoints: [1, 'NumberDataPoint', 'repeated'],
    aggregationTemporality: [2, 'AggregationTemporality'],
    isMonotonic: [3, 'bool'],
  },
  Histogram: {
    dataPoints: [1, 'HistogramDataPoint', 'repeated'],
    aggregationTemporality: [2, 'AggregationTemporality'],
  },
  ExponentialHistogram: {
    dataPoints: [1, 'ExponentialHistogramDataPoint', 'repeated'],
    aggregationTemporality: [2, 'AggregationTemporality'],
  },
  Summary: { dataPoints: [1, 'SummaryDataPoint', 'repeated'] },
  NumberDataPoint: {
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    asDouble: [4, 'double'],
    exemplars: [5, 'Exemplar', 'repeated'],
    asInt: [6, 'sfixed64'],
    attributes: keyValues(7),
    flags: [8, 'uint32'],
  },
  HistogramDataPoint: {
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    bucketCounts: [6, 'fixed64', 'repeated'],
    explicitBounds: [7, 'double', 'repeated'],
    exemplars: [8, 'Exemplar', 'repeated'],
    attributes: keyValues(9),
    flags: [10, 'uint32'],
    min: [11, 'double'],
    max: [12, 'double'],
  },
  ExponentialHistogramDataPoint: {
    attributes: keyValues(1),
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    scale: [6, 'sint32'],
    zeroCount: [7, 'fixed64'],
    positive: [8, 'Buckets'],
    negative: [9, 'Buckets'],
    flags: [10, 'uint32'],
    exemplars: [11, 'Exemplar', 'repeated'],
    min: [12, 'double'],
    max: [13, 'double'],
    zeroThreshold: [14, 'double'],
  },
  Buckets: { offset: [1, 'sint32'], bucketCounts: [2, 'uint64', 'repeated'] },
  SummaryDataPoint: {
    startTimeUnixNano: [2, 'fixed64'],
    timeUnixNano: [3, 'fixed64'],
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    quantileValues: [6, 'ValueAtQuantile', 'repeated'],
    attributes: keyValues(7),
    flags: [8, 'uint32'],
  },
  ValueAtQuantile: { quantile: [1, 'double'], value: [2, 'double'] },
  Exemplar: {
    timeUnixNano: [2, 'fixed64'],
    asDouble: [3, 'double'],
    spanId: [4, 'spanId'],
    traceId: [5, 'traceId'],
    asInt: [6, 'sfixed64'],
    filteredAttributes: keyValues(7),
  },

  ExportLogsServiceRequest: { resourceLogs: [1, 'ResourceLogs', 'repeated'] },
  ResourceLogs: { resource: [1, 'Resource'], scopeLogs: [2, 'ScopeLogs', 'repeated'], schemaUrl: [3, 'string'] },
  ScopeLogs: {
    scope: [1, 'InstrumentationScope'],
    logRecords: [2, 'LogRecord', 'repeated'],
    schemaUrl: [3, 'string'],
  },
  LogRecord: {
    timeUnixNano: [1, 'fixed64'],
    severityNumber: [2, 'SeverityNumber'],
    severityText: [3, 'string'],
    body: [5, 'AnyValue'],
    attributes: keyValues(6),
    droppedAttributesCount: [7, 'uint32'],
    flags: [8, 'fixed32'],
    traceId: [9, 'traceId'],
    spanId: [10, 'spanId'],
    observedTimeUnixNano: [11, 'fixed64'],
    eventName: [12, 'string'],
  },

  ExportTraceServiceRequest: { resourceSpans: [1, 'ResourceSpans', 'repeated'] },
  ResourceSpans: { resource: [1, 'Resource'], scopeSpans: [2, 'ScopeSpans', 'repeated'], schemaUrl: [3, 'string'] },
  ScopeSpans: { scope: [1, 'InstrumentationScope'], spans: [2, 'Span', 'repeated'], schemaUrl: [3, 'string'] },
  Span: {
    traceId: [1, 'traceId'],
    spanId: [2, 'spanId'],
    traceState: [3, 'string'],
    parentSpanId: [4, 'spanId'],
    name: [5, 'string'],
    kind: [6, 'SpanKind'],
    startTimeUnixNano: [7, 'fixed64'],
    endTimeUnixNano: [8, 'fixed64'],
    attributes: keyValues(9),
    droppedAttributesCount: [10, 'uint32'],
    events: [11, 'Event', 'repeated'],
    droppedEventsCount: [12, 'uint32'],
    links: [13, 'Link', 'repeated'],
    droppedLinksCount: [14, 'uint32'],
    status: [15, 'Status'],
    flags: [16, 'fixed32'],
  },
  Event: {
    timeUnixNano: [1, 'fixed64'],
    name: [2, 'string'],
    attributes: keyValues(3),
    droppedAttributesCount: [4, 'uint32'],
  },
  Link: {
    traceId: [1, 'traceId'],
    spanId: [2, 'spanId'],
    traceState: [3, 'string'],
    attributes: keyValues(4),
    droppedAttributesCount: [5, 'uint32'],
    flags: [6, 'fixed32'],
  },
  Status: { message: [2, 'string'], code: [3, 'StatusCode'] },

  // Profiles are still in development, so only the way to the samples is looked at.
  ExportProfilesServiceRequest: { resourceProfiles: [1, 'ResourceProfiles', 'repeated'] },
  ResourceProfiles: { resource: [1, 'Resource'], scopeProfiles: [2, 'ScopeProfiles', 'repeated'] },
  ScopeProfiles: { scope: [1, 'InstrumentationScope'], profiles: [2, 'Profile', 'repeated'] },
  Profile: { samples: [2, 'Sample', 'repeated'] },
  Sample: {},

  Resource: {
    attributes: keyValues(1),
    droppedAttributesCount: [2, 'uint32'],
    entityRefs: [3, 'EntityRef', 'repeated'],
  },
  EntityRef: {
    schemaUrl: [1, 'string'],
    type: [2, 'string'],
    idKeys: [3, 'string', 'repeated'],
    descriptionKeys: [4, 'string', 'repeated'],
  },
  InstrumentationScope: {
    name: [1, 'string'],
    version: [2, 'string'],
    attributes: keyValues(3),
    droppedAttributesCount: [4, 'uint32'],
  },
  KeyValue: { key: [1, 'string'], value: [2, 'AnyValue'] },
  AnyValue: {
    stringValue: [1, 'string'],
    boolValue: [2, 'bool'],
    intValue: [3, 'int64'],
    doubleValue: [4, 'double'],
    arrayValue: [5, 'ArrayValue'],
    kvlistValue: [6, 'KeyValueList'],
    bytesValue: [7, 'bytes'],
  },
  ArrayValue: { values: [1, 'AnyValue', 'repeated'] },
  KeyValueList: { values: keyValues(1) },
} as const satisfies { readonly [name: string]: { readonly [field: string]: FieldSpec } };

const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((level) =>
  ['', '2', '3', '4'].map((rank) => level + rank),
);

/** Names by number. OTLP/JSON has the numbers; the names are what other protobuf writers put there. */
const enums = {
  AggregationTemporality: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name) => `AGGREGATION_TEMPORALITY_${name}`),
  SeverityNumber: ['UNSPECIFIED', ...severities].map((name) => `SEVERITY_NUMBER_${name}`),
  SpanKind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((name) => `SPAN_KIND_${name}`),
  StatusCode: ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`),
} as const;

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly kind: Scalar | 'enum' | 'message';
  /** Of messages. */
  readonly message?: Message | undefined;
  /** Of enums: their names by number. */
  readonly names?: readonly string[] | undefined;
  readonly repeated: boolean;
}

export interface Message {
  readonly name: string;
  /** Its place in `messageList`. */
  readonly index: number;
  readonly fields: readonly Field[];
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const messageList: readonly Message[] = Object.keys(messages).map((name, index) => ({
  name,
  index,
  fields: [],
}));
const byName = new Map(messageList.map((message) => [message.name, message]));
for (const message of messageList) {
  const specs: { readonly [field: string]: FieldSpec } = messages[message.name as MessageName];
  for (const [name, [number, kind, repeated]] of Object.entries(specs))
    (message.fields as Field[]).push({ name, number, repeated: repeated !== undefined, ...resolve(kind as Kind) });
}

function resolve(kind: Kind): Pick<Field, 'kind' | 'message' | 'names'> {
  const message = byName.get(kind);
  if (message) return { kind: 'message', message };
  if (kind in enums) return { kind: 'enum', names: enums[kind as EnumName] };
  return { kind: kind as Scalar };
}

export const messageOf = (name: MessageName): Message => byName.get(name)!;

/** Fields by the names they may have in JSON: lowerCamelCase, and as the .proto files have them. */
export const jsonFields: readonly ReadonlyMap<string, Field>[] = messageList.map(
  ({ fields }) => new Map(fields.flatMap((field) => [field.name, snakeCase(field.name)].map((name) => [name, field]))),
);

/** Field n of a message is at [n]. */
export const numberedFields: readonly (readonly (Field | undefined)[])[] = messageList.map(({ fields }) => {
  const numbered: (Field | undefined)[] = Array.from({ length: 32 });
  for (const field of fields) numbered[field.number] = field;
  return numbered;
});

/** The requests that carry the signals. */
export const requests = {
  metrics: messageOf('ExportMetricsServiceRequest'),
  logs: messageOf('ExportLogsServiceRequest'),
  traces: messageOf('ExportTraceServiceRequest'),
  profiles: messageOf('ExportProfilesServiceRequest'),
} as const;

const wireTypes = {
  bool: 0,
  bytes: 2,
  double: 1,
  enum: 0,
  fixed32: 5,
  fixed64: 1,
  int32: 0,
  int64: 0,
  message: 2,
  sfixed64: 1,
  sint32: 0,
  spanId: 2,
  string: 2,
  traceId: 2,
  uint32: 0,
  uint64: 0,
} as const satisfies Record<Field['kind'], number>;

/** The wire type of a field's elements. */
export const wireType = ({ kind }: Field): 0 | 1 | 2 | 5 => wireTypes[kind];

/** Repeated numbers come packed into one field, or one by one. */
export const mayBePacked = (field: Field): boolean => field.repeated && wireType(field) !== 2;
