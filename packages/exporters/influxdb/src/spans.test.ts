import type { InputOf } from '@millrace/core';
import { resolveConfig, tracesBatch } from '@millrace/core';
import { expect, test } from 'vitest';
import { second } from '../testdata/batches.ts';
import { encoder } from './encode.ts';
import influxdb from './index.ts';

const span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: 'aaaaaaaaaaaaaaaa',
  name: 'GET /',
  kind: 2,
  startTime: [second, 0],
  endTime: [second, 5_000_000],
  attributes: { 'http.route': '/', tenant: 'a' },
  status: { code: 2, message: 'no "room"' },
  events: [
    { name: 'retry', time: [second, 1], attributes: {} },
    { name: 'retry', time: [second, 1], attributes: { n: 2n } },
  ],
  links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: {} }],
} as const;

function written(input: Partial<InputOf<typeof influxdb.config>> = {}): string[] {
  const config = resolveConfig(influxdb.config, { endpoint: 'http://x', bucket: 'b', ...input });
  const encode = encoder(config, { drop: () => expect.unreachable('dropped'), now: () => 0 });
  const resource = { attributes: { 'service.name': 'shop', 'host.name': 'h' } };
  const parts = encode(tracesBatch([{ resource, scopeSpans: [{ scope: { name: 'lib' }, spans: [span] }] }]));
  return Buffer.concat(parts.map(({ bytes }) => bytes))
    .toString()
    .trimEnd()
    .split('\n');
}

const ids = `span_id=${span.spanId},trace_id=${span.traceId}`;

test('a span, its events at moments of their own, and its links', () => {
  expect(written()).toEqual([
    `spans,service.name=shop,span.name=GET\\ /,${ids} ` +
      `span.kind="Server",parent_span_id="aaaaaaaaaaaaaaaa",end_time_unix_nano=${second}005000000i,duration_nano=5000000i,` +
      'otel.status_code="Error",otel.status_description="no \\"room\\"",dropped_attributes_count=0u,' +
      'attributes="{\\"host.name\\":\\"h\\",\\"otel.library.name\\":\\"lib\\",\\"http.route\\":\\"/\\",\\"tenant\\":\\"a\\"}" ' +
      `${second}000000000`,
    `logs,${ids} event.name="retry",dropped_attributes_count=0u ${second}000000001`,
    `logs,${ids} event.name="retry",attributes="{\\"n\\":2}",dropped_attributes_count=0u ${second}000000002`,
    `span-links,linked_span_id=${'2'.repeat(16)},linked_trace_id=${'1'.repeat(32)},${ids} dropped_attributes_count=0u ${second}000000000`,
  ]);
});

test('span_dimensions', () => {
  const [first] = written({ span_dimensions: ['tenant', 'span.kind'] });
  expect(first).toContain('spans,span.kind=Server,span_id=b7ad6b7169203331,tenant=a,trace_id=');
  expect(first).toContain('span.name="GET /"');
  expect(first).toContain(',\\"service.name\\":\\"shop\\",');
});
