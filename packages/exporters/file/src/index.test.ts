import { stat } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import type { Signal } from '@millrace/core';
import { PermanentError, profilesBatch, resolveConfig, tracesBatch } from '@millrace/core';
import { frozenBatch, render } from '@millrace/core/testing';
import { batchFromJson, batchFromRequest, encode } from '@millrace/otlp';
import { encodeProfiles } from '@millrace/otlp-profiles';
import { fromStacks } from '@millrace/pprof';
import { describe, expect, test } from 'vitest';
import { at, deadline, exporter, framesOf, linesOf, logs } from '../testdata/writing.ts';
import definition from './index.ts';

const traces = tracesBatch([
  {
    resource: { attributes: {} },
    scopeSpans: [
      {
        scope: { name: 's' },
        spans: [
          {
            traceId: '0123456789abcdef0123456789abcdef',
            spanId: '0123456789abcdef',
            name: 'GET /',
            kind: 2,
            startTime: [1, 0],
            endTime: [2, 0],
            attributes: {},
          },
        ],
      },
    ],
  } as never,
]);

const encoded = encodeProfiles([
  {
    resource: { 'service.name': 'shop' },
    profile: fromStacks([{ frames: ['main', 'work'], values: [2n ** 60n + 1n] }], {
      sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
      timeNanos: 1_760_000_000_123_456_789n,
    }),
  },
]);
const profiles = profilesBatch(encoded.request, encoded.samples);

const signalOf = (line: string): Signal =>
  line.startsWith('{"resourceMetrics"') ? 'metrics' : line.startsWith('{"resourceLogs"') ? 'logs' : 'traces';

describe('what is written', () => {
  const batches = [frozenBatch(), logs('one\ntwo "quoted" \u2028', { host: 'ä' }), traces];

  test('json: a request a line, which our decoder reads back', async () => {
    const one = await exporter({});
    for (const batch of batches) await one.consume(batch);
    await one.shutdown!(deadline());
    const lines = await linesOf(at('out.jsonl'));
    expect(lines.map(signalOf)).toEqual(['metrics', 'logs', 'traces']);
    expect(lines.map((line) => render(batchFromJson(signalOf(line), Buffer.from(line))))).toEqual(batches.map(render));
    expect((await stat(at('out.jsonl'))).mode & 0o777).toBe(0o600);
  });

  test.each([
    [{ format: 'proto' }, (frame: Buffer) => frame],
    [{ format: 'proto', compression: 'zstd' }, zstdDecompressSync],
  ] as const)('%o: requests after their lengths', async (config, open) => {
    const one = await exporter(config);
    for (const batch of batches) await one.consume(batch);
    await one.consume(profiles);
    await one.shutdown!(deadline());
    const frames = (await framesOf(at('out.jsonl'))).map((frame) => open(frame));
    expect(frames.slice(0, 3).map((frame) => Buffer.from(frame))).toEqual(
      batches.map((batch) => Buffer.from(encode(batch))),
    );
    expect(Buffer.from(frames[3]!)).toEqual(Buffer.from(encoded.request));
    expect(render(batchFromRequest('logs', Buffer.from(frames[1]!)))).toBe(render(batches[1]!));
  });

  test('json, compressed: after its length too', async () => {
    const one = await exporter({ compression: 'zstd' });
    await one.consume(logs('a'));
    await one.shutdown!(deadline());
    const [frame] = await framesOf(at('out.jsonl'));
    expect(zstdDecompressSync(frame!).toString()).toContain('"stringValue":"a"');
  });

  test('profiles in a line of JSON', async () => {
    const one = await exporter({});
    await one.consume(profiles);
    await one.shutdown!(deadline());
    const [line] = await linesOf(at('out.jsonl'));
    const { resourceProfiles, dictionary } = JSON.parse(line!) as {
      resourceProfiles: {
        scopeProfiles: { profiles: { timeUnixNano: string; samples: { values: string[] }[] }[] }[];
      }[];
      dictionary: { stringTable: string[] };
    };
    expect(dictionary.stringTable).toEqual(expect.arrayContaining(['', 'main', 'work', 'cpu', 'service.name']));
    const [profile] = resourceProfiles[0]!.scopeProfiles[0]!.profiles;
    expect(profile!.timeUnixNano).toBe('1760000000123456789');
    expect(profile!.samples.map(({ values }) => values)).toEqual([['1152921504606846977']]);
  });

  test('what are no profiles are refused for good', async () => {
    const one = await exporter({});
    await expect(one.consume(profilesBatch(Buffer.from([0x0a, 0x7f]), 1))).rejects.toThrow(PermanentError);
    await one.shutdown!(deadline());
    expect(await linesOf(at('out.jsonl'))).toEqual([]);
  });
});

test.each([
  [
    { path: '/x/a.jsonl', group_by: { enabled: true } },
    'With group_by, the path needs exactly one *, such as /var/log/*.jsonl.',
  ],
  [{ path: '*.jsonl', group_by: { enabled: true } }, 'Must not begin with *: the data would choose the directory.'],
  [{ path: '/x/' }, 'Must be a file, and is a directory.'],
  [{ path: '/x/a' }, undefined],
])('check %o', (config, message) => {
  const resolved = resolveConfig(definition.config, config as never);
  expect(definition.check!(resolved as never)[0]?.message).toBe(message);
});
