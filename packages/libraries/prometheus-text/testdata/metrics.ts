import type {
  Attributes,
  DataPoint,
  ExponentialHistogram,
  Histogram,
  HrTime,
  MetricData,
  ResourceMetrics,
  Summary,
} from '@millrace/core';
import { noRecordedValue, pointType, temporality, valueType } from '@millrace/core';

export const at = (seconds: number): HrTime => [1_700_000_000 + seconds, 123_456_789];

type Options = Partial<Omit<DataPoint<unknown>, 'value'>>;

export const point = <V>(value: V, attributes: Attributes = {}, options: Options = {}): DataPoint<V> => ({
  startTime: at(0),
  endTime: at(60),
  attributes,
  value,
  ...options,
});

export const ended = (attributes: Attributes = {}, options: Options = {}): DataPoint<never> => ({
  startTime: at(0),
  endTime: at(120),
  attributes,
  value: undefined,
  flags: noRecordedValue,
  ...options,
});

interface Named {
  readonly name: string;
  readonly unit?: string;
  readonly description?: string;
  readonly delta?: boolean;
}

const descriptor = ({ name, unit = '', description = '' }: Named): MetricData['descriptor'] => ({
  name,
  unit,
  description,
  valueType: valueType.double,
});

const temporalityOf = ({ delta = false }: Named): 0 | 1 => (delta ? temporality.delta : temporality.cumulative);

export const gauge = (named: Named, ...dataPoints: DataPoint<number | bigint>[]): MetricData => ({
  descriptor: descriptor(named),
  dataPointType: pointType.gauge,
  dataPoints,
});

export const counter = (named: Named, ...dataPoints: DataPoint<number | bigint>[]): MetricData => ({
  descriptor: descriptor(named),
  dataPointType: pointType.sum,
  isMonotonic: true,
  aggregationTemporality: temporalityOf(named),
  dataPoints,
});

export const upDownCounter = (named: Named, ...dataPoints: DataPoint<number | bigint>[]): MetricData => ({
  descriptor: descriptor(named),
  dataPointType: pointType.sum,
  isMonotonic: false,
  aggregationTemporality: temporalityOf(named),
  dataPoints,
});

export const histogram = (named: Named, ...dataPoints: DataPoint<Histogram>[]): MetricData => ({
  descriptor: descriptor(named),
  dataPointType: pointType.histogram,
  aggregationTemporality: temporalityOf(named),
  dataPoints,
});

export const exponentialHistogram = (named: Named, ...dataPoints: DataPoint<ExponentialHistogram>[]): MetricData => ({
  descriptor: descriptor(named),
  dataPointType: pointType.exponentialHistogram,
  aggregationTemporality: temporalityOf(named),
  dataPoints,
});

export const summary = (named: Named, ...dataPoints: DataPoint<Summary>[]): MetricData => ({
  descriptor: descriptor(named),
  dataPointType: pointType.summary,
  dataPoints,
});

export const resource = (
  attributes: Attributes,
  metrics: readonly MetricData[],
  scope = { name: '' },
): ResourceMetrics => ({ resource: { attributes }, scopeMetrics: [{ scope, metrics }] });

const scope = { name: '@example/shop', version: '1.2.3', attributes: { 'build.kind': 'release' } };
const trace = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

/** What a service sends on a good day. */
export const shop: ResourceMetrics = resource(
  {
    'service.name': 'checkout',
    'service.namespace': 'shop',
    'service.instance.id': 'i-1',
    'host.name': 'web-1',
    'host.arch': 'amd64',
  },
  [
    counter(
      { name: 'http.server.requests', unit: '{request}', description: 'Requests that were answered.' },
      point(1027, { 'http.method': 'GET', 'http.status_code': 200 }, { exemplars: [{ time: at(59), value: 1, ...trace }] }),
      point(3, { 'http.method': 'POST', 'http.status_code': 500 }),
    ),
    counter({ name: 'process.cpu.time', unit: 's', description: 'CPU time.' }, point(12.25, { 'cpu.mode': 'user' })),
    counter({ name: 'disk.io', unit: 'By' }, point(9007199254740993n)),
    upDownCounter({ name: 'process.memory.usage', unit: 'By', description: 'Resident memory.' }, point(123456789)),
    gauge({ name: 'cpu.utilization', unit: '1', description: 'Share of one CPU.' }, point(0.1 + 0.2)),
    gauge({ name: 'network.rate', unit: 'By/s' }, point(1.5e300), point(-0, { direction: 'receive' })),
    histogram(
      { name: 'http.server.duration', unit: 's', description: 'Time to answer.' },
      point(
        { count: 6, sum: 9.5, buckets: { boundaries: [0.1, 1, 2.5], counts: [1, 2, 0, 3] } },
        { 'http.method': 'GET' },
        {
          exemplars: [
            { time: at(1), value: 0.7, ...trace, filteredAttributes: { user: 'ann' } },
            { time: at(2), value: 99, traceId: trace.traceId, filteredAttributes: { long: 'x'.repeat(100) } },
          ],
        },
      ),
    ),
    exponentialHistogram(
      { name: 'payload.size', unit: 'By', description: 'Size of what was sent.' },
      point({
        count: 10,
        sum: 42,
        scale: 1,
        zeroCount: 1,
        positive: { offset: -2, bucketCounts: [2, 0, 3, 4] },
        negative: { offset: 0, bucketCounts: [] },
      }),
    ),
    summary(
      { name: 'gc.pause', unit: 'ms', description: 'Pauses.' },
      point({
        count: 9,
        sum: 81.5,
        quantiles: [
          { quantile: 0.5, value: 8 },
          { quantile: 1, value: Number.NaN },
        ],
      }),
    ),
  ],
  scope,
);

/** Names and values that nobody should choose and somebody will. */
export const evil: ResourceMetrics = resource(
  { 'service.name': 'e"v\\i\nl', 'service.instance.id': '', '1': 'digit', 'ключ': 'значение', 'a.b': 'x', 'a-b': 'y' },
  [
    gauge({ name: '1st.metric', description: 'A "quoted" help,\nwith a \\ and two lines.' }, point(Number.NaN)),
    gauge({ name: 'память', unit: 'By' }, point(1)),
    gauge({ name: '内存', unit: 'By' }, point(2)),
    gauge({ name: 'with space..and---dashes__' }, point(Infinity)),
    gauge({ name: '__name__' }, point(-Infinity)),
    gauge(
      { name: 'labels' },
      point(1, { '2nd': 'digit' }),
      point(2, { 'a.b': '1', a_b: '2', 'a-b': '3' }),
      point(3, { '': 'no name', 'мир': 'труд', '$': 'dollar' }),
      point(4, { quote: '"', backslash: '\\', newline: 'a\nb', tab: '\t', nul: 'a\0b', return: '\r', half: '\ud800' }),
      point(5, { le: 'mine', quantile: 'mine', __name__: 'mine', job: 'mine', instance: 'mine' }),
      point(6, { otel_scope_name: 'mine' }),
      point(7, { empty: '', nothing: null, missing: undefined }),
      point(8, { list: ['a', 1, true], map: { b: 1, c: [null] }, bytes: new Uint8Array([1, 2, 3]), big: 2n ** 63n }),
      point(9, { emoji: '🦀', combining: 'e\u0301' }),
    ),
    gauge({ name: 'looks.like.total' }, point(1)),
    gauge({ name: 'jobs_total' }, point(1)),
    counter({ name: 'jobs' }, point(2, { other: 'type' })),
    gauge({ name: 'queue' }, point(1)),
    counter({ name: 'queue' }, point(2)),
    histogram(
      { name: 'odd.bounds' },
      point(
        { count: 6, sum: -1, buckets: { boundaries: [-1, 5, 5, Infinity], counts: [1, 1, 1, 1, 2] } },
        { le: 'mine', quantile: 'q' },
      ),
      point({ count: 3, buckets: { boundaries: [], counts: [] } }),
    ),
    gauge({ name: 'odd.bounds.count' }, point(1)),
    exponentialHistogram(
      { name: 'negative.values' },
      point({
        count: 7,
        sum: -3,
        scale: 0,
        zeroCount: 1,
        positive: { offset: 1020, bucketCounts: [1, 1, 1, 1] },
        negative: { offset: 0, bucketCounts: [1, 1] },
      }),
    ),
    summary(
      { name: 'odd.quantiles' },
      point(
        {
          count: 2n ** 60n,
          sum: Number.NaN,
          quantiles: [
            { quantile: 0.9, value: 1 },
            { quantile: 0.5, value: 2 },
            { quantile: 0.5, value: 3 },
          ],
        },
        { quantile: 'mine' },
      ),
    ),
    counter({ name: '' }, point(1)),
    gauge({ name: 'target_info' }, point(1)),
  ],
  { name: 'scope "with" quotes' },
);
