import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from './check.ts';
import { rawConfig } from './load.ts';
import { printConfig } from './print.ts';
import { plugins } from './testdata/definitions.ts';
import { parseBytes, parseDuration, printBytes, printDuration } from './units.ts';

const raw = rawConfig({
  receivers: { procfs: { budget: { per_scrape: '1m30s' }, include: [{ comm: '^a$' }] } },
  exporters: {
    otlp: {
      endpoint: 'h:1',
      password: 'hunter2hunter2',
      headers: { authorization: 'Bearer abc' },
      compression: { algorithm: 'zstd' },
    },
  },
  service: {
    pipelines: { metrics: { receivers: ['procfs'], exporters: ['otlp'] } },
    telemetry: {
      metrics: {
        readers: [{ periodic: { exporter: { otlp: { endpoint: 'h:2', headers: { token: 'Bearer abc' } } } } }],
      },
    },
  },
});

describe('a checked config', () => {
  test('is printed with its defaults, in the units users write, without its secrets', async () => {
    const text = printConfig(await checkConfig(raw, plugins), { mode: 'redacted', format: 'yaml' });
    expect(text).not.toMatch(/hunter2|Bearer/);
    expect(parse(text)).toMatchObject({
      receivers: {
        procfs: { collection_interval: '1m', root_path: '/proc', budget: { per_scrape: '1m30s', largest: '1GiB' } },
      },
      exporters: {
        otlp: {
          password: '[REDACTED]',
          headers: { authorization: '[REDACTED]' },
          retry_on_failure: { max_elapsed_time: '5m' },
          sending_queue: { max_bytes: '256MiB' },
        },
      },
      service: {
        shutdown_timeout: '30s',
        telemetry: {
          metrics: {
            readers: [{ periodic: { interval: '1m', exporter: { otlp: { headers: { token: '[REDACTED]' } } } } }],
          },
        },
      },
    });
  });

  for (const format of ['yaml', 'json'] as const)
    test(`reads as the same again from ${format}`, async () => {
      const checked = await checkConfig(raw, plugins);
      const text = printConfig(checked, { mode: 'unredacted', format });
      const again = await checkConfig(rawConfig(parse(text) as object), plugins);
      expect(again.receivers).toEqual(checked.receivers);
      expect(again.exporters).toEqual(checked.exporters);
      expect(again.pipelines).toEqual(checked.pipelines);
      expect(again.telemetry).toEqual(checked.telemetry);
    });
});

describe('a raw config', () => {
  test('shows what is known not to be secret', () => {
    const text = printConfig(raw, { mode: 'redacted', format: 'yaml' });
    expect(parse(text)).toMatchObject({
      exporters: { otlp: { endpoint: '[REDACTED]', password: '[REDACTED]' } },
      service: { pipelines: { metrics: { receivers: ['procfs'] } } },
    });
    expect(text).not.toMatch(/hunter2|Bearer/);
  });

  test('is printed as it is, with dollar signs that read as themselves', () => {
    const config = rawConfig({ a: '${env:X}', b: '$$', c: '^x$', d: '$1' });
    expect(JSON.parse(printConfig(config, { mode: 'unredacted', format: 'json' }))).toEqual({
      a: '$${env:X}',
      b: '$$$',
      c: '^x$',
      d: '$1',
    });
  });
});

test('durations are printed exactly', () => {
  for (const text of ['0s', '1ns', '1us', '1ms', '500ms', '1s', '1m30s', '1h', '24h1s', '1s1ms'])
    expect(printDuration(parseDuration(text)!)).toBe(text);
});

test('sizes are printed exactly', () => {
  for (const text of ['0', '1', '1000', '1KiB', '1536KiB', '64MiB', '3GiB', '2TiB'])
    expect(printBytes(parseBytes(text)!)).toBe(text);
});
