import { afterEach, describe, expect, test } from 'vitest';
import { cleaner, pair } from '../testdata/exporter.ts';
import { lokiLimits } from '../testdata/fake-loki.ts';
import { logs, record, second } from '../testdata/logs.ts';

const { add, clean } = cleaner();
afterEach(clean);

const started = async (...args: Parameters<typeof pair>) => {
  const made = await pair(...args);
  add(made.stop);
  return made;
};

describe('lines', () => {
  const long = `${'é'.repeat(lokiLimits.lineBytes / 2 - 1)}x€rest`;

  test('that are too long are cut between characters, and counted', async () => {
    const { send, server, counts } = await started({ format: 'raw' });
    await send(logs([record(long), record('short', 1)]));
    expect(server.kept.map(({ line }) => line.length)).toEqual([lokiLimits.lineBytes / 2, 5]);
    expect(server.kept[0]!.line.endsWith('éx')).toBe(true);
    expect(counts).toEqual({ 'millrace_loki_changed_lines line_too_long': 1 });
  });

  test('or dropped, where the config says so', async () => {
    const { send, server, dropped } = await started({ format: 'raw', limits: { max_line_size_truncate: false } });
    await send(logs([record(long), record('short', 1)]));
    expect(server.kept.map(({ line }) => line)).toEqual(['short']);
    expect(dropped).toEqual({ line_too_long: 1 });
    await send(logs([record(long)]));
    expect(server.pushes).toHaveLength(1);
  });
});

describe('structured metadata', () => {
  test('of more names than Loki takes is cut, the ids are kept', async () => {
    const { send, server, counts } = await started({ format: 'raw' });
    const attributes = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`a${index}`, 'v']));
    await send(logs([record('b', 0, { attributes, traceId: 'a'.repeat(32) })], { 'host.name': 'n' }));
    const names = Object.keys(server.kept[0]!.metadata);
    expect(names).toHaveLength(lokiLimits.metadataCount);
    expect(names[0]).toBe('trace_id');
    expect(counts).toEqual({ 'millrace_loki_changed_lines structured_metadata_too_large': 1 });
  });

  test('of more bytes is cut to exactly what fits', async () => {
    const { send, server, counts } = await started({ format: 'raw' });
    const fits = 'é'.repeat(20_000);
    await send(
      logs([record('a', 0, { attributes: { x: fits } }), record('b', 1, { attributes: { x: fits, y: fits, z: 'z' } })]),
    );
    const size = (at: number): number =>
      Object.entries(server.kept[at]!.metadata).reduce(
        (sum, [name, value]) => sum + Buffer.byteLength(name + value),
        0,
      );
    expect(server.kept[0]!.metadata['x']).toBe(fits);
    expect(lokiLimits.metadataBytes - size(1)).toBeLessThan(2);
    expect(counts).toEqual({ 'millrace_loki_changed_lines structured_metadata_too_large': 1 });
  });
});

test('labels: too many, too long a name or value; what they lose is structured metadata', async () => {
  const many = Array.from({ length: 20 }, (_, index) => `h${index}`);
  const longName = 'n'.repeat(1100);
  const attributes = {
    ...Object.fromEntries(many.map((name) => [name, name])),
    wide: 'w'.repeat(3000),
    [longName]: 'v',
    'loki.attribute.labels': [longName, 'wide', ...many],
  };
  const { send, server, counts } = await started({ format: 'raw', labels: { static: { env: 'e' } } });
  await send(logs([record('b', 0, { attributes })]));
  const [line] = server.kept;
  expect(Object.keys(line!.labels)).toHaveLength(15);
  expect(line!.labels).toMatchObject({ env: 'e', wide: 'w'.repeat(2048), h0: 'h0' });
  expect(line!.metadata).toMatchObject({ wide: attributes.wide, [longName]: 'v', h19: 'h19' });
  expect(counts).toEqual({
    'millrace_loki_changed_lines label_name_too_long': 1,
    'millrace_loki_changed_lines label_value_too_long': 1,
    'millrace_loki_changed_lines max_label_names_per_series': 1,
  });
});

describe('requests', () => {
  test.each(['protobuf', 'json'] as const)(
    'as %s are no larger than they may be, and lose no line',
    async (encoding) => {
      const { send, server } = await started({
        encoding,
        format: 'raw',
        max_request_bytes: '4KiB',
        labels: { attributes: { s: 's' } },
      });
      const records = Array.from({ length: 300 }, (_, at) =>
        record(`line ${at} ${'é'.repeat(at % 50)}`, at, {
          attributes: { s: `${at % 7}`, 'other.thing': 'ü'.repeat(at % 9) },
        }),
      );
      await send(logs([...records, record('x'.repeat(9000), 400)], { 'host.name': 'n1' }));
      expect(server.kept).toHaveLength(301);
      expect(server.faults).toEqual([]);
      const sizes = server.pushes.map(({ bytes }) => bytes).sort((a, b) => b - a);
      expect(sizes[0]).toBeGreaterThan(9000);
      expect(sizes[1]).toBeLessThanOrEqual(4096);
      // And full: the sizes are known, not guessed.
      expect(server.pushes.length).toBeLessThan((300 * 150) / 4096 + 8);
    },
  );

  test('to the OTLP endpoint too', async () => {
    const { send, server } = await started({ encoding: 'otlp', max_request_bytes: '16KiB' });
    await send(logs(Array.from({ length: 500 }, (_, at) => record(`line ${at}`, at))));
    const counts = server.pushes.map(({ batch }) => batch!.resourceLogs[0]!.scopeLogs[0]!.logRecords.length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(500);
    expect(counts.length).toBeGreaterThan(2);
  });
});

describe('streams', () => {
  const records = (from: number, count: number, more: object = {}) =>
    Array.from({ length: count }, (_, at) =>
      record(`line ${from + at}`, from + at, { attributes: { user: `u${from + at}`, kind: `k${at % 3}`, ...more } }),
    );
  const labels = { attributes: { user: 'user', kind: 'kind' }, static: { app: 'a' } };

  test('the label that makes too many is given up, said once, and its values are kept', async () => {
    const { send, server, lines, counts, gauge } = await started({ format: 'raw', labels, max_streams: 20 });
    await send(logs(records(0, 15)));
    expect(lines).toEqual([]);
    await send(logs(records(15, 2)));
    expect(lines.map(({ fields }) => fields)).toEqual([
      { label: 'user', values: 16, tenant: undefined, streams: 16, max_streams: 20 },
    ]);
    expect(gauge('millrace_loki_streams')).toBe(17);
    await send(logs(records(17, 40)));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({
      level: 'warn',
      fields: { label: 'user', values: 20, streams: 20, max_streams: 20 },
    });
    expect(lines[1]!.message).toContain('structured metadata');
    expect(gauge('millrace_loki_streams')).toBe(3);
    expect(counts).toEqual({ 'millrace_loki_changed_lines max_streams': 37 });
    expect(server.kept).toHaveLength(57);
    expect(new Set(server.kept.map(({ stream }) => stream)).size).toBe(20 + 3);
    for (const { line, labels: its, metadata } of server.kept)
      expect(its['user'] ?? metadata['user']).toBe(line.replace('line ', 'u'));
  });

  test('are forgotten an hour after their last line', async () => {
    const { send, lines, clock, gauge } = await started({ format: 'raw', labels, max_streams: 20 });
    for (let round = 0; round < 5; round++) {
      await send(logs(records(round * 15, 15)));
      expect(gauge('millrace_loki_streams')).toBe(15);
      await clock.advance(3_600_001);
      expect(gauge('millrace_loki_streams')).toBe(0);
    }
    expect(lines).toEqual([]);
  });

  test('are counted for each tenant, and a label of one value is never given up', async () => {
    const { send, lines } = await started({
      format: 'raw',
      labels: { static: { app: 'a' } },
      max_streams: 1,
      tenant: { attribute: 'user' },
    });
    await send(logs(records(0, 30)));
    await send(logs(records(0, 30)));
    expect(lines.filter(({ message }) => message.includes('from now on'))).toEqual([]);
  });

  test('without a limit there may be any number', async () => {
    const { send, server, lines } = await started({ format: 'raw', labels, max_streams: 0 });
    await send(logs(records(0, 6000)));
    expect(new Set(server.kept.map(({ stream }) => stream)).size).toBe(6000);
    expect(lines).toEqual([]);
  });
});

test('lines that are too old or too new are counted as Loki counts them, the rest is kept', async () => {
  const { send, server, dropped, lines } = await started({ format: 'raw' }, { now: second * 1000 });
  const at = (offset: number, body: string) => record(body, 0, { time: [second + offset, 0] });
  await send(
    logs([at(0, 'good'), at(-8 * 86_400, 'old'), at(-9 * 86_400, 'older'), at(3600, 'new'), at(3600, 'new2')]),
  );
  expect(server.kept.map(({ line }) => line)).toEqual(['good']);
  expect(dropped).toEqual({ greater_than_max_sample_age: 2, too_far_in_future: 2 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'warn', fields: { rejected: 4 } });
  await send(logs([at(1, 'good'), at(-8 * 86_400, 'old')]));
  expect(dropped).toEqual({ greater_than_max_sample_age: 3, too_far_in_future: 2 });
});

test('a batch of which nothing is taken is lost as a whole, and not counted twice', async () => {
  const { send, dropped } = await started({}, { now: second * 1000 });
  const old = record('old', 0, { time: [second - 8 * 86_400, 0] });
  await expect(send(logs([old]))).rejects.toThrow(/400: entry for stream .* timestamp too old/);
  expect(dropped).toEqual({});
});
