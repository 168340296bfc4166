// Batches of everything that a batch can carry, from a seed.
import type { AnyValue, Attributes, Exemplar, HrTime, LogsBatch, MetricData, MetricsBatch, Span, TracesBatch } from '@millrace/core';
import { logsBatch, metricsBatch, noRecordedValue, pointType, tracesBatch } from '@millrace/core';
import { seeded } from '@millrace/core/testing';

export interface Random {
  metrics(): MetricsBatch;
  logs(): LogsBatch;
  traces(): TracesBatch;
  below(end: number): number;
  pick<T>(choices: readonly T[]): T;
  attributes(): Attributes;
}

export function random(seed: number): Random {
  const { next, below, pick } = seeded(seed);
  const list = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make);
  const maybe = <T>(make: () => T): T | undefined => (next() < 0.5 ? make() : undefined);

  const text = (): string =>
    pick(['', 'a', 'process.cpu.time', 'Ünïcødé', '数据', '👩‍💻', 'x'.repeat(127), 'é'.repeat(70), 'y'.repeat(20_000), '"\\\n\0']);
  const safe = (): number =>
    pick([0, 1, -1, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1), below(1e9), below(2 ** 53)]);
  const huge = (): bigint => pick([2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 60n + 1n]);
  const real = (): number =>
    pick([0, -0, 0.1, -1.5, 1e-300, 1.7976931348623157e308, 5e-324, Infinity, -Infinity, NaN, next() * 1e6]);
  const fraction = (): number => pick([-0, 0.5, 1e300, -Infinity, NaN, 1e-9]);
  const count = (): number | bigint => pick([0, 1, below(1000), 2 ** 32 + 5, 2 ** 53 - 1, 2n ** 63n + 7n, 2n ** 64n - 1n]);
  const time = (): HrTime => pick([[1, 0], [1_700_000_000, 1], [1_784_500_000, 999_999_999], [2 ** 33, 12_345]] as const);
  const digits = (size: number): string => Array.from({ length: size * 2 }, () => below(16).toString(16)).join('');

  function value(depth: number): AnyValue {
    const kind = below(depth > 0 ? 9 : 7);
    if (kind === 0) return null;
    if (kind === 1) return next() < 0.5;
    if (kind === 2) return safe();
    if (kind === 3) return huge();
    if (kind === 4) return fraction();
    if (kind === 5) return Uint8Array.from(list(5, () => below(256)));
    if (kind === 6) return text();
    return kind === 7 ? list(3, () => value(depth - 1)) : (attributes(depth - 1) as { [key: string]: AnyValue });
  }
  const attributes = (depth = 3): Attributes =>
    Object.fromEntries(list(6, () => [pick(['a', 'b.c', 'état', '', '__proto', '7', 'constructor', 'k'.repeat(200)]), value(depth)]));

  const subject = () => ({
    attributes: attributes(),
    schemaUrl: pick([undefined, 'https://opentelemetry.io/schemas/1.43.0']),
    droppedAttributesCount: pick([undefined, 1, 2 ** 32 - 1]),
  });
  const entityRef = () => ({
    type: pick(['process', 'host']),
    idKeys: list(3, () => pick(['a', 'b.c'])),
    descriptionKeys: pick([undefined, ['état']]),
    schemaUrl: pick([undefined, 'https://opentelemetry.io/schemas/1.43.0']),
  });
  const resource = () => ({ ...subject(), entityRefs: maybe(() => [entityRef(), entityRef()]) });
  const scope = () => ({ ...subject(), name: text(), version: pick([undefined, '1.2.3']) });

  const number = (type: number): number | bigint =>
    type === 0 ? (next() < 0.7 ? safe() : huge()) : next() < 0.1 ? pick([huge(), 5n, -1n]) : real();
  const exemplar = (type: number): Exemplar => ({
    time: time(),
    value: number(type),
    filteredAttributes: attributes(),
    traceId: maybe(() => digits(16)),
    spanId: maybe(() => digits(8)),
  });
  const statistics = () => ({ count: count(), sum: maybe(real), min: maybe(real), max: maybe(real) });

  function metric(): MetricData {
    const dataPointType = pick(Object.values(pointType));
    const valueType = pick([0, 1] as const);
    const dataPoints = list(4, () => {
      const ended = next() < 0.2;
      return {
        startTime: pick([[0, 0] as const, time()]),
        endTime: time(),
        attributes: attributes(),
        flags: ended ? noRecordedValue : undefined,
        exemplars: dataPointType === pointType.summary ? [] : list(2, () => exemplar(valueType)),
        value: ended ? undefined : pointValue(dataPointType, valueType),
      };
    });
    const aggregationTemporality = pick([0, 1, -1] as const);
    return {
      descriptor: { name: text(), description: text(), unit: pick(['', 'By', '{process}']), valueType, metadata: attributes(1) },
      dataPointType,
      ...(dataPointType === pointType.gauge || dataPointType === pointType.summary ? {} : { aggregationTemporality }),
      ...(dataPointType === pointType.sum ? { isMonotonic: next() < 0.5 } : {}),
      dataPoints,
    } as MetricData;
  }

  function pointValue(type: number, valueType: number): unknown {
    if (type === pointType.gauge || type === pointType.sum) return number(valueType);
    if (type === pointType.summary)
      return { count: count(), sum: real(), quantiles: list(3, () => ({ quantile: next(), value: real() })) };
    if (type === pointType.histogram) {
      const boundaries = list(5, real);
      return { ...statistics(), buckets: { boundaries, counts: list(6, count) } };
    }
    const buckets = () => ({ offset: pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]), bucketCounts: list(6, count) });
    const scale = pick([0, 20, -10]);
    const zeroThreshold = pick([undefined, 1e-6]);
    return { ...statistics(), scale, zeroCount: count(), zeroThreshold, positive: buckets(), negative: buckets() };
  }

  const span = (): Span => ({
    traceId: digits(16),
    spanId: digits(8),
    parentSpanId: maybe(() => digits(8)),
    traceState: pick([undefined, 'a=1,b=2']),
    flags: pick([undefined, 1, 0x301, 0xffff_ffff]),
    name: text(),
    kind: below(6),
    startTime: time(),
    endTime: time(),
    attributes: attributes(),
    droppedAttributesCount: pick([undefined, 3]),
    events: list(2, () => ({
      name: text(),
      time: time(),
      attributes: attributes(1),
      droppedAttributesCount: pick([undefined, 2 ** 32 - 1]),
    })),
    droppedEventsCount: pick([undefined, 4]),
    links: list(2, () => ({
      traceId: digits(16),
      spanId: digits(8),
      traceState: pick([undefined, 'c=3']),
      flags: pick([undefined, 1]),
      attributes: attributes(1),
      droppedAttributesCount: pick([undefined, 5]),
    })),
    droppedLinksCount: pick([undefined, 6]),
    status: maybe(() => ({ code: below(3), message: pick([undefined, 'it failed']) })),
  });

  return {
    attributes,
    below,
    pick,
    traces: () =>
      tracesBatch(
        list(3, () => ({
          resource: resource(),
          scopeSpans: list(2, () => ({ scope: scope(), spans: list(4, span) })),
        })),
      ),
    metrics: () =>
      metricsBatch(
        list(3, () => ({
          resource: resource(),
          scopeMetrics: list(2, () => ({ scope: scope(), metrics: list(4, metric) })),
        })),
      ),
    logs: () =>
      logsBatch(
        list(3, () => ({
          resource: resource(),
          scopeLogs: list(2, () => ({
            scope: scope(),
            logRecords: list(4, () => ({
              time: maybe(time),
              observedTime: time(),
              severityNumber: maybe(() => 1 + below(24)),
              severityText: pick([undefined, 'WARN']),
              body: maybe(() => value(3)),
              attributes: attributes(),
              droppedAttributesCount: pick([undefined, 3]),
              flags: pick([undefined, 1, 0xffff_ffff]),
              traceId: maybe(() => digits(16)),
              spanId: maybe(() => digits(8)),
              eventName: pick([undefined, 'browser.page_view']),
            })),
          })),
        })),
      ),
  };
}
