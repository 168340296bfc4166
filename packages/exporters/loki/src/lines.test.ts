import type { LogRecord } from '@millrace/core';
import { logsBatch } from '@millrace/core';
import { afterEach, describe, expect, test } from 'vitest';
import { cleaner, type Input, pair } from '../testdata/exporter.ts';
import type { Line } from '../testdata/fake-loki.ts';
import { logs, record, second } from '../testdata/logs.ts';

const { add, clean } = cleaner();
afterEach(clean);

const resource = {
  'service.name': 'cart',
  'service.namespace': 'shop',
  'service.instance.id': 'i-1',
  'host.name': 'n1',
};
const full = record('GET /', 5, {
  severityNumber: 13,
  severityText: 'Warning',
  attributes: { 'http.route': '/', size: 2n ** 62n },
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  flags: 1,
});

async function sent(input: Partial<Input>, ...records: readonly LogRecord[]): Promise<readonly Line[]> {
  const { send, server, stop } = await pair(input);
  add(stop);
  await send(logs(records, resource, { name: 'lib', version: '2' }));
  expect(server.faults).toEqual([]);
  return server.kept;
}

describe.each(['protobuf', 'json'] as const)('as %s', (encoding) => {
  test("with nothing said, what the collector's exporter sent, and the ids beside it", async () => {
    expect(await sent({ encoding }, full)).toEqual([
      {
        tenant: undefined,
        stream: '{exporter="OTLP", instance="i-1", job="shop/cart", level="WARN"}',
        labels: { exporter: 'OTLP', instance: 'i-1', job: 'shop/cart', level: 'WARN' },
        time: BigInt(second) * 1_000_000_000n + 5n,
        line: '{"body":"GET /","traceid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","spanid":"bbbbbbbbbbbbbbbb","severity":"Warning","flags":1,"attributes":{"http.route":"/","size":4611686018427387904},"resources":{"service.name":"cart","service.namespace":"shop","service.instance.id":"i-1","host.name":"n1"},"instrumentation_scope":{"name":"lib","version":"2"}}',
        metadata: { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) },
      },
    ]);
  });

  test('raw: the body is the line, the rest is structured metadata, labels are not said again', async () => {
    const labels = {
      resource: { service_name: 'service.name' },
      attributes: { route: 'http.route' },
      static: { env: 'eu' },
    };
    const [line] = await sent({ encoding, format: 'raw', labels }, full);
    expect(line).toMatchObject({ line: 'GET /', labels: { env: 'eu', route: '/', service_name: 'cart' } });
    expect(line!.metadata).toEqual({
      trace_id: 'a'.repeat(32),
      span_id: 'b'.repeat(16),
      level: 'WARN',
      observed_timestamp: `${second + 1}000000000`,
      severity_number: '13',
      severity_text: 'Warning',
      flags: '1',
      size: '4611686018427387904',
      service_namespace: 'shop',
      service_instance_id: 'i-1',
      host_name: 'n1',
      scope_name: 'lib',
      scope_version: '2',
    });
  });

  test('bodies of every type, and none', async () => {
    const bodies = [
      'a\n"b" ü \ud800',
      '',
      true,
      1.5,
      -0,
      2n ** 63n - 1n,
      NaN,
      new Uint8Array([1, 255]),
      null,
      [1, [null]],
      { a: { b: '1' } },
    ];
    const lines = await sent(
      { encoding, format: 'raw' },
      ...bodies.map((body, at) => record(body, at)),
      record(undefined, 99),
    );
    expect(lines.map(({ line }) => line)).toEqual([
      'a\n"b" ü \ufffd',
      '',
      'true',
      '1.5',
      '-0',
      '9223372036854775807',
      'NaN',
      'Af8=',
      '',
      '[1,[null]]',
      '{"a":{"b":"1"}}',
      '',
    ]);
  });

  test('without structured metadata there is none', async () => {
    const [line] = await sent({ encoding, format: 'raw', structured_metadata: false }, full);
    expect(line!.metadata).toEqual({});
  });
});

test('logfmt', async () => {
  const body = { user: { id: 7, name: 'A "B"' }, tags: ['x', 'y z'] };
  const lines = await sent(
    { format: 'logfmt' },
    full,
    record('level=info msg="a b"', 6),
    record(body, 7),
    record(1n, 8),
  );
  const tail =
    'resource_service.name=cart resource_service.namespace=shop resource_service.instance.id=i-1 resource_host.name=n1 instrumentation_scope_name=lib instrumentation_scope_version=2';
  const ids = `traceID=${'a'.repeat(32)} spanID=${'b'.repeat(16)}`;
  expect(lines.map(({ line }) => line).sort()).toEqual([
    `level=info msg="a b" ${tail}`,
    `msg="GET /" ${ids} severity=Warning flags=1 attribute_http.route=/ attribute_size=4611686018427387904 ${tail}`,
    `msg=1 ${tail}`,
    `user_id=7 user_name="A \\"B\\"" tags_0=x tags_1="y z" ${tail}`,
  ]);
});

describe('time and order', () => {
  const at = (time: LogRecord['time'], observed: LogRecord['observedTime'], body: string) =>
    record(body, 0, { time, observedTime: observed });

  test('the time, or when it was seen, or now', async () => {
    const lines = await sent({}, at(undefined, [5, 6], 'seen'), at([0, 0], [0, 0], 'now'), at([7, 8], [5, 6], 'time'));
    expect(lines.map(({ time }) => time)).toEqual([5_000_000_006n, 7_000_000_008n, BigInt(second) * 1_000_000_000n]);
  });

  test('a stream is sorted by time, and lines of one time stay as they came', async () => {
    const lines = await sent({ format: 'raw' }, record('c', 3), record('a2', 1), record('b', 2), record('a1', 1));
    expect(lines.map(({ line }) => line)).toEqual(['a2', 'a1', 'b', 'c']);
  });

  test('lines that are the same are set apart, and no others', async () => {
    const same = [record('x', 1), record('y', 1), record('x', 1), record('x', 1), record('x', 2), record('y', 5)];
    const lines = await sent({ format: 'raw' }, ...same, record('x', 1, { spanId: 'c'.repeat(16) }));
    const nanos = (text: string): number[] =>
      lines.filter(({ line }) => line === text).map(({ time }) => Number(time % 1000n));
    expect(lines).toHaveLength(7);
    expect(nanos('x')).toEqual([1, 1, 2, 3, 4]);
    expect(nanos('y')).toEqual([1, 5]);
  });

  test('many that are the same, over the end of a second', async () => {
    const lines = await sent({ format: 'raw' }, ...Array.from({ length: 20_000 }, () => record('x', 999_990_000)));
    expect(lines).toHaveLength(20_000);
    expect(lines.at(-1)!.time).toBe(BigInt(second + 1) * 1_000_000_000n + 9_999n);
  });
});

describe('names', () => {
  test('are made as Loki makes them, and none is lost to another', async () => {
    const attributes = {
      'a.b': '1',
      a_b: '2',
      'a..b': '3',
      '9x': '4',
      名: '5',
      '': '6',
      __x__: '7',
      trace_id: 'mine',
      'host.name': 'own',
      deep: { x: { y: 1 }, list: [1] },
      empty: '',
      none: null,
    };
    const [line] = await sent({ format: 'raw' }, record('', 0, { attributes, traceId: 'a'.repeat(32) }));
    expect(line!.metadata).toMatchObject({
      a_b: '1',
      attribute_a_b: '2',
      attribute_a_b_2: '3',
      key_9x: '4',
      u540d: '5',
      empty: '6',
      __x__: '7',
      trace_id: 'a'.repeat(32),
      attribute_trace_id: 'mine',
      host_name: 'own',
      resource_host_name: 'n1',
      deep_x_y: '1',
      deep_list: '[1]',
    });
    expect(Object.keys(line!.metadata)).not.toContain('none');
  });

  test('values of labels with everything in them come back', async () => {
    const value = 'a"b\\c\nd\te\u0001 {x="y", z="1"} ü😀';
    const [line] = await sent({ labels: { attributes: { v: 'v' } } }, record('', 0, { attributes: { v: value } }));
    expect(line!.labels).toEqual({ v: value });
  });
});

test('severity: of what the number says, or the attribute, or the text', async () => {
  const lines = await sent(
    { default_labels_enabled: { exporter: false, job: false, instance: false } },
    record('', 1, { severityNumber: 24 }),
    record('', 2, { severityNumber: 9, attributes: { level: 'notice' } }),
    record('', 3, { severityText: 'odd' }),
    record('', 4, { severityNumber: 99 }),
  );
  expect(lines.map(({ labels }) => labels)).toEqual([
    { level: 'FATAL4' },
    { level: 'notice' },
    { level: 'odd' },
    { service_name: 'unknown_service' },
  ]);
});

test('hints are followed and not sent', async () => {
  const hinted = { ...resource, 'loki.resource.labels': 'service.name, host.name,absent', 'loki.format': 'raw' };
  const { send, server, stop } = await pair({
    default_labels_enabled: { job: false, instance: false, exporter: false },
  });
  add(stop);
  const attributes = {
    'loki.attribute.labels': ['event.domain', 'deep.x'],
    'event.domain': 'net',
    deep: { x: 1 },
    other: 'o',
  };
  await send(logs([record('b', 0, { attributes })], hinted));
  const [line] = server.kept;
  expect(line!.labels).toEqual({ service_name: 'cart', host_name: 'n1', event_domain: 'net', deep_x: '1' });
  expect(line!.line).toBe('b');
  expect(line!.metadata).toMatchObject({ other: 'o', service_namespace: 'shop' });
  expect(Object.keys(line!.metadata).filter((name) => name.startsWith('loki') || name in line!.labels)).toEqual([
    'deep_x',
  ]);
  const off = await pair({ hints: false, format: 'raw' });
  add(off.stop);
  await off.send(logs([record('b', 0, { attributes })], hinted));
  expect(off.server.kept[0]!.labels).not.toHaveProperty('event_domain');
  expect(off.server.kept[0]!.metadata).toHaveProperty('loki_attribute_labels');
});

describe('tenants', () => {
  test('from the record, the resource, the hint or the default; one that cannot be is counted', async () => {
    const { send, server, stop, dropped } = await pair({
      tenant: { attribute: 'org', resource: 'team', default: 'rest' },
    });
    add(stop);
    const one = (resourceAttributes: object, attributes: object) => ({
      resource: { attributes: { ...resourceAttributes } },
      scopeLogs: [
        {
          scope: { name: '' },
          logRecords: [record(JSON.stringify([resourceAttributes, attributes]), 0, { attributes: { ...attributes } })],
        },
      ],
    });
    await send(
      logsBatch([
        one({ team: 'a' }, { org: 'b' }),
        one({ team: 'a' }, {}),
        one({}, {}),
        one({}, { org: 'x\r\ny' }),
        one({ 'loki.tenant': 'team', team: 'hinted' }, { org: 'b' }),
      ]),
    );
    expect(server.kept.map(({ tenant }) => tenant)).toEqual(['b', 'a', 'rest', 'hinted']);
    expect(server.pushes).toHaveLength(4);
    expect(dropped).toEqual({ invalid_tenant: 1 });
  });

  test('with OTLP: whole resources, and records where the config says so', async () => {
    const { send, server, stop } = await pair({ encoding: 'otlp', tenant: { attribute: 'org', resource: 'team' } });
    add(stop);
    await send(
      logs([record('1', 0, { attributes: { org: 'x' } }), record('2'), record('3', 0, { attributes: { org: 'x' } })], {
        team: 't',
      }),
    );
    const seen = server.pushes.map(({ tenant, batch }) => [
      tenant,
      batch!.resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body)),
      ),
    ]);
    expect(seen).toEqual([
      ['x', ['1', '3']],
      ['t', ['2']],
    ]);
    expect(server.faults).toEqual([]);
  });
});
