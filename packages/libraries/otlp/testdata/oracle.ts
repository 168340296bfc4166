// Reads and writes OTLP with protobufjs, and turns what it reads into batches: the other opinion that tests compare with.
import { fileURLToPath } from 'node:url';
import type { AnyValue, Attributes, HrTime } from '@millrace/core';
import protobuf from 'protobufjs';

const root = protobuf.loadSync(fileURLToPath(new URL('otlp.proto', import.meta.url)));

export type Plain = Readonly<Record<string, unknown>>;

/** Fields that are not on the wire are not in the object, except lists. int64 are strings. */
export const decode = (message: string, bytes: Uint8Array): Plain => plain(message, root.lookupType(message).decode(bytes));

const plain = (message: string, decoded: protobuf.Message): Plain =>
  root.lookupType(message).toObject(decoded, { longs: String, arrays: true });

/** What a request says, however it says it: defaults and empty messages may be on the wire or not, keys in any order. */
export function meaning(message: string, bytes: Uint8Array): unknown {
  const options = { longs: String, arrays: true, defaults: true, bytes: String };
  return canonical(root.lookupType(message).toObject(root.lookupType(message).decode(bytes), options));
}

/** Fields whose being there says something. */
const present = /Value$|^(?:asInt|asDouble|sum|min|max|gauge|histogram|exponentialHistogram|summary)$/;

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical) as Plain[];
    return items.every((item) => typeof item['key'] === 'string') ? items.sort(byKey) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, canonical(inner)] as const);
  return Object.fromEntries(entries.filter(([key, inner]) => key === 'key' || present.test(key) || !isDefault(inner)));
}

const byKey = (one: Plain, other: Plain): number => (String(one['key']) < String(other['key']) ? -1 : 1);

const isDefault = (value: unknown): boolean =>
  !value || value === '0' || (typeof value === 'object' && Object.keys(value).length === 0);

/** Field definitions, for what makes messages at random. */
export const messageType = (message: string): protobuf.Type => root.lookupType(message);

export const encode = (message: string, object: Plain): Uint8Array =>
  root.lookupType(message).encode(root.lookupType(message).fromObject(object)).finish();

/** What OTLP/JSON says, as `decode` would say it: ids are in hex there. */
export const decodeJson = (message: string, text: string): Plain =>
  plain(
    message,
    root.lookupType(message).fromObject(
      JSON.parse(text, (key, value: unknown) =>
        key === 'traceId' || key === 'spanId' || key === 'parentSpanId' ? Buffer.from(value as string, 'hex').toString('base64') : value,
      ) as Plain,
    ),
  );

const list = (value: unknown): readonly Plain[] => value as readonly Plain[];
const integer = (text: unknown): number | bigint => {
  const exact = BigInt((text as string | number | undefined) ?? 0);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
};
const time = (text: unknown): HrTime => {
  const nanos = BigInt((text as string | undefined) ?? 0);
  return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
};
const hex = (bytes: unknown): string | undefined => (bytes ? Buffer.from(bytes as Uint8Array).toString('hex') : undefined);

const attributes = (pairs: unknown): Attributes =>
  Object.fromEntries(list(pairs).map(({ key = '', value }) => [key, anyValue(value as Plain)]));

function anyValue(value: Plain): AnyValue {
  if ('stringValue' in value) return value['stringValue'] as string;
  if ('boolValue' in value) return value['boolValue'] as boolean;
  if ('intValue' in value) return integer(value['intValue']);
  if ('doubleValue' in value) return value['doubleValue'] as number;
  if ('bytesValue' in value) return new Uint8Array(value['bytesValue'] as Uint8Array);
  if ('arrayValue' in value) return list((value['arrayValue'] as Plain)['values']).map(anyValue);
  if ('kvlistValue' in value) return attributes((value['kvlistValue'] as Plain)['values']) as { readonly [key: string]: AnyValue };
  return null;
}

const subject = (holder: Plain, name: 'resource' | 'scope'): Plain => {
  const { entityRefs, ...of } = (holder[name] ?? {}) as Plain;
  return {
    ...of,
    attributes: attributes(of['attributes'] ?? []),
    schemaUrl: holder['schemaUrl'],
    entityRefs: name === 'resource' ? entityRefsOf(list(entityRefs ?? [])) : undefined,
  };
};

const entityRefsOf = (refs: readonly Plain[]): unknown =>
  refs.length === 0
    ? undefined
    : refs.map((ref) => ({
        ...ref,
        descriptionKeys: list(ref['descriptionKeys']).length > 0 ? ref['descriptionKeys'] : undefined,
      }));

/** A batch's resourceMetrics, but values are `{ asInt: text }` or `{ asDouble: number }`, and no valueType. */
export const readMetrics = (request: Plain): unknown =>
  list(request['resourceMetrics']).map((rm) => ({
    resource: subject(rm, 'resource'),
    scopeMetrics: list(rm['scopeMetrics']).map((sm) => ({
      scope: { name: '', ...subject(sm, 'scope') },
      metrics: list(sm['metrics']).map(readMetric),
    })),
  }));

const kinds = { histogram: 0, exponentialHistogram: 1, gauge: 2, sum: 3, summary: 4 } as const;

function readMetric({ name = '', description = '', unit = '', metadata, ...rest }: Plain): unknown {
  const [kind] = Object.keys(rest) as (keyof typeof kinds)[];
  const { dataPoints, aggregationTemporality, isMonotonic } = rest[kind!] as Plain;
  return {
    descriptor: { name, description, unit, metadata: attributes(metadata) },
    dataPointType: kinds[kind!],
    ...(kind !== 'gauge' && kind !== 'summary' && { aggregationTemporality: Number(aggregationTemporality ?? 0) - 1 }),
    ...(kind === 'sum' && { isMonotonic: isMonotonic ?? false }),
    dataPoints: list(dataPoints).map((point) => ({
      startTime: time(point['startTimeUnixNano']),
      endTime: time(point['timeUnixNano']),
      attributes: attributes(point['attributes']),
      flags: point['flags'],
      exemplars: list(point['exemplars'] ?? []).map(readExemplar),
      value: point['flags'] ? onlyAbsent(point) : readValue(kind!, point),
    })),
  };
}

/** Of an ended series nothing may be on the wire that could be taken for a value. */
function onlyAbsent(point: Plain): undefined {
  for (const key of ['asInt', 'asDouble', 'count', 'sum', 'scale', 'positive', 'negative'])
    if (key in point) throw new Error(`${key} is there.`);
}

const readNumber = (point: Plain): unknown =>
  'asInt' in point ? { asInt: point['asInt'] } : 'asDouble' in point ? { asDouble: point['asDouble'] } : undefined;

const readExemplar = (exemplar: Plain): unknown => ({
  time: time(exemplar['timeUnixNano']),
  value: readNumber(exemplar),
  filteredAttributes: attributes(exemplar['filteredAttributes']),
  traceId: hex(exemplar['traceId']),
  spanId: hex(exemplar['spanId']),
});

function readValue(kind: keyof typeof kinds, point: Plain): unknown {
  const { sum, min, max, scale = 0, zeroThreshold } = point;
  const count = integer(point['count']);
  const buckets = (of: Plain = { bucketCounts: [] }): unknown => ({
    offset: of['offset'] ?? 0,
    bucketCounts: list(of['bucketCounts']).map(integer),
  });
  switch (kind) {
    case 'gauge':
    case 'sum':
      return readNumber(point);
    case 'histogram':
      return {
        count,
        sum,
        min,
        max,
        buckets: { boundaries: point['explicitBounds'], counts: list(point['bucketCounts']).map(integer) },
      };
    case 'exponentialHistogram':
      return {
        count,
        sum,
        min,
        max,
        scale,
        zeroCount: integer(point['zeroCount']),
        zeroThreshold,
        positive: buckets(point['positive'] as Plain | undefined),
        negative: buckets(point['negative'] as Plain | undefined),
      };
    case 'summary':
      return {
        count,
        sum: sum ?? 0,
        quantiles: list(point['quantileValues']).map(({ quantile = 0, value = 0 }) => ({ quantile, value })),
      };
  }
}

export const readLogs = (request: Plain): unknown =>
  list(request['resourceLogs']).map((rl) => ({
    resource: subject(rl, 'resource'),
    scopeLogs: list(rl['scopeLogs']).map((sl) => ({
      scope: { name: '', ...subject(sl, 'scope') },
      logRecords: list(sl['logRecords']).map((record) => ({
        time: record['timeUnixNano'] === undefined ? undefined : time(record['timeUnixNano']),
        observedTime: time(record['observedTimeUnixNano']),
        severityNumber: record['severityNumber'],
        severityText: record['severityText'],
        body: record['body'] === undefined ? undefined : anyValue(record['body'] as Plain),
        attributes: attributes(record['attributes']),
        droppedAttributesCount: record['droppedAttributesCount'],
        flags: record['flags'],
        traceId: hex(record['traceId']),
        spanId: hex(record['spanId']),
        eventName: record['eventName'],
      })),
    })),
  }));

export const readTraces = (request: Plain): unknown =>
  list(request['resourceSpans']).map((rs) => ({
    resource: subject(rs, 'resource'),
    scopeSpans: list(rs['scopeSpans']).map((ss) => ({
      scope: { name: '', ...subject(ss, 'scope') },
      spans: list(ss['spans']).map((span) => ({
        traceId: hex(span['traceId']) ?? '',
        spanId: hex(span['spanId']) ?? '',
        parentSpanId: hex(span['parentSpanId']),
        traceState: span['traceState'],
        flags: span['flags'],
        name: span['name'] ?? '',
        kind: span['kind'] ?? 0,
        startTime: time(span['startTimeUnixNano']),
        endTime: time(span['endTimeUnixNano']),
        attributes: attributes(span['attributes']),
        droppedAttributesCount: span['droppedAttributesCount'],
        events: list(span['events']).map((event) => ({
          name: event['name'] ?? '',
          time: time(event['timeUnixNano']),
          attributes: attributes(event['attributes']),
          droppedAttributesCount: event['droppedAttributesCount'],
        })),
        droppedEventsCount: span['droppedEventsCount'],
        links: list(span['links']).map((link) => ({
          ...link,
          traceId: hex(link['traceId']) ?? '',
          spanId: hex(link['spanId']) ?? '',
          attributes: attributes(link['attributes']),
        })),
        droppedLinksCount: span['droppedLinksCount'],
        status: span['status'] && { code: 0, ...(span['status'] as Plain) },
      })),
    })),
  }));
