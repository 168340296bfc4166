import type { Batch, InputOf, LogRecord } from '@millrace/core';
import { hrTime, logsBatch, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import exporter from '@millrace/exporter-loki';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasLoki, type Loki, startLoki } from './index.ts';

if (!hasLoki()) console.error('!!! There is no Loki, so nothing is read back. node test/peers/loki/build.ts');

type Input = Partial<InputOf<typeof exporter.config>>;

const now = Date.now();
let tenants = 0;

const record = (body: LogRecord['body'], ms: number, more: Partial<LogRecord> = {}): LogRecord => ({
  time: hrTime(now - 60_000 + ms),
  observedTime: hrTime(now),
  body,
  attributes: {},
  ...more,
});

const logs = (...records: readonly LogRecord[]): Batch =>
  logsBatch([
    {
      resource: {
        attributes: { 'service.name': 'cart', 'service.namespace': 'shop', 'service.instance.id': 'i"\\\n1' },
      },
      scopeLogs: [{ scope: { name: 'lib' }, logRecords: records }],
    },
  ]);

describe.runIf(hasLoki())('with a real Loki', () => {
  let server: Loki;
  beforeAll(async () => {
    server = await startLoki({ reject_old_samples_max_age: '24h', max_line_size: '1KB', max_label_value_length: 32 });
  }, 90_000);
  afterAll(() => server?.stop());

  /** Sends as a tenant of its own, and finds what it has. */
  function sender(input: Input = {}) {
    const tenant = `t${++tenants}`;
    const context = testContext({ clock: systemClock });
    const config = resolveConfig(exporter.config, { endpoint: server.endpoint, tenant: { default: tenant }, ...input });
    const made = exporter.create(config, context);
    return {
      send: (batch: Batch) => made.consume(batch),
      find: (logql = '{service_name=~".+"}', of = tenant) => server.query(logql, of),
      dropped: context.dropped,
    };
  }

  const full = record('GET /', 1, {
    severityNumber: 13,
    severityText: 'Warning',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    attributes: { 'http.route': '/', size: 2n ** 62n, 名: 'x', nested: { a: [1] } },
  });

  test.each(['protobuf', 'json'] as const)('%s: every label, field and digit comes back', async (encoding) => {
    const { send, find } = sender({ encoding, format: 'raw' });
    await send(logs(full));
    expect(await find('{job="shop/cart"} | trace_id="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"')).toEqual([
      {
        labels: { exporter: 'OTLP', instance: 'i"\\\n1', job: 'shop/cart', level: 'WARN', service_name: 'shop/cart' },
        line: 'GET /',
        time: BigInt(now - 59_999) * 1_000_000n,
        metadata: {
          detected_level: 'warn',
          http_route: '/',
          nested_a: '[1]',
          observed_timestamp: `${now}000000`,
          scope_name: 'lib',
          service_instance_id: 'i"\\\n1',
          service_name_extracted: 'cart',
          service_namespace: 'shop',
          severity_number: '13',
          severity_text: 'Warning',
          size: '4611686018427387904',
          span_id: 'b'.repeat(16),
          trace_id: 'a'.repeat(32),
          u540d: 'x',
        },
      },
    ]);
  });

  test('a raw line says what the OTLP endpoint says, which Loki makes itself', async () => {
    const { 名: _, ...attributes } = full.attributes;
    const batch = logs({ ...full, attributes }, record({ a: [1, null, 'x'] }, 2), record(1.5, 3), record(undefined, 4));
    const [ours, theirs] = [
      sender({ format: 'raw', labels: { resource: { service_name: 'service.name' } } }),
      sender({ encoding: 'otlp' }),
    ];
    await ours.send(batch);
    await theirs.send(batch);
    const [found, wanted] = [await ours.find(), await theirs.find()];
    expect(found.map(({ line, time }) => [line, time])).toEqual(wanted.map(({ line, time }) => [line, time]));
    for (const [index, { labels, metadata }] of wanted.entries()) {
      // It makes labels of more attributes, and has no level but the detected one.
      const { level: __, ...said } = { ...found[index]!.labels, ...found[index]!.metadata };
      expect(said).toEqual({ ...labels, ...metadata });
    }
  });

  test('the lines of the json and logfmt formats can be parsed by LogQL', async () => {
    const { send, find } = sender();
    await send(logs(full));
    expect(
      await find('{job="shop/cart"} | json | attributes_http_route="/" | resources_service_name="cart"'),
    ).toHaveLength(1);
    const logfmt = sender({ format: 'logfmt' });
    await logfmt.send(logs(record('a "b" = c', 1, { attributes: { user: 'x y' } })));
    expect(await logfmt.find('{job="shop/cart"} | logfmt | attribute_user="x y" | msg="a \\"b\\" = c"')).toHaveLength(
      1,
    );
  });

  test('lines that are the same are all there, and what is sent twice is there once', async () => {
    const { send, find } = sender({ format: 'raw' });
    const batch = logs(record('x', 1), record('y', 1), record('x', 1), record('x', 1), record('x', 0));
    await send(batch);
    await send(batch);
    expect((await find()).map(({ line }) => line)).toEqual(['x', 'x', 'y', 'x', 'x']);
  });

  test('what it does not take is counted as it counts, and the rest is there', async () => {
    const { send, find, dropped } = sender({
      format: 'raw',
      limits: { max_line_size: '0', max_label_value_length: 0 },
      labels: { attributes: { a: 'a' } },
    });
    const day = 86_400_000;
    await send(
      logs(
        record('good', 0),
        record('old', -2 * day),
        record('older', -3 * day),
        record('new', 3_600_000),
        record('long'.repeat(500), 1),
        record('wide', 2, { attributes: { a: 'w'.repeat(40) } }),
        record('wide too', 3, { attributes: { a: 'w'.repeat(40) } }),
      ),
    );
    expect((await find()).map(({ line }) => line)).toEqual(['good']);
    expect(dropped).toEqual({
      greater_than_max_sample_age: 2,
      too_far_in_future: 1,
      line_too_long: 1,
      label_value_too_long: 2,
    });
    // What is too far behind the newest line of its stream, its ingester leaves out.
    await send(logs(record('far behind', -3_600_000 * 5), record('near', 4)));
    expect(dropped['too_far_behind'] ?? 0).toBe(1);
  });

  test('the limits keep it within what Loki takes', async () => {
    const { send, find, dropped } = sender({
      format: 'raw',
      limits: { max_line_size: '1KiB', max_label_value_length: 32 },
      labels: { attributes: { a: 'a' } },
    });
    const attributes = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`k${at}`, 'é'.repeat(200)]));
    await send(logs(record('é'.repeat(900), 0, { attributes: { ...attributes, a: 'ü'.repeat(40) } })));
    const [line] = await find();
    expect([line!.line.length, line!.labels['a'], dropped]).toEqual([512, 'ü'.repeat(16), {}]);
  });

  test('tenants are kept apart', async () => {
    const { send, find } = sender({ tenant: { attribute: 'org' }, format: 'raw' });
    await send(
      logs(record('a', 0, { attributes: { org: 'org-a' } }), record('b', 1, { attributes: { org: 'org-b' } })),
    );
    expect((await find(undefined, 'org-a')).map(({ line }) => line)).toEqual(['a']);
    expect((await find(undefined, 'org-b')).map(({ line }) => line)).toEqual(['b']);
    await expect(sender({ tenant: {} }).send(logs(record('c', 2)))).rejects.toThrow(/no org id/);
  });
});
