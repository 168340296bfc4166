import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from './json-schema.ts';
import { checkConfig } from './check.ts';
import { loadConfig } from './load.ts';
import { definitions, plugins } from './testdata/definitions.ts';

const schema = configJsonSchema(definitions);
const validate = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true }).compile(
  schema,
);

const pipelines = { metrics: { receivers: ['procfs'], exporters: ['debug'] } };
const whole = (config: object): object => ({
  receivers: { procfs: null },
  exporters: { debug: null },
  service: { pipelines },
  ...config,
});

const fine: Readonly<Record<string, object>> = {
  smallest: {},
  names: { receivers: { 'procfs/a': {}, 'procfs/b': null } },
  aliases: { receivers: { file_log: { include: ['a'] } } },
  'reserved keys': { exporters: { otlp: { endpoint: 'h:1', sending_queue: { max_bytes: 4096 }, timeout: '0' } } },
  'metrics of a scraper': { receivers: { procfs: { metrics: { 'process.cpu.time': { enabled: false } } } } },
  placeholders: {
    receivers: { procfs: { collection_interval: '${env:I}', budget: '${file:b.yaml}', include: '${file:i.yaml}' } },
    exporters: {
      debug: { color: '${env:C}', verbosity: '${env:V:-basic}', sending_queue: { queue_size: '${env:Q}' } },
    },
  },
  plugins: { plugins: ['./a.ts'] },
  'a map without anything in it': { receivers: { otlp: { protocols: { grpc: null } } } },
};

const wrong: Readonly<Record<string, object>> = {
  'an unknown section': { recievers: {} },
  'an unknown type': { receivers: { procfz: null } },
  'an unknown key': { receivers: { procfs: { x: 1 } } },
  'an unknown metric': { receivers: { procfs: { metrics: { 'process.cpu.tim': {} } } } },
  'a number without a unit': { receivers: { procfs: { collection_interval: 10 } } },
  'a wrong duration': { receivers: { procfs: { collection_interval: '10 s' } } },
  'a wrong word': { exporters: { debug: { verbosity: 'loud' } } },
  'a missing key': { exporters: { otlp: {} } },
  'text for a number': { exporters: { debug: { sending_queue: { queue_size: 'many' } } } },
  'an unknown signal': { service: { pipelines: { metric: {} } } },
  'no pipelines': { service: { pipelines: {} } },
  'no service': { service: undefined },
};

describe('the JSON Schema of a whole config', () => {
  for (const [name, config] of Object.entries(fine))
    test(`takes ${name}`, () => {
      validate(whole(config));
      expect(validate.errors ?? []).toEqual([]);
    });
  for (const [name, config] of Object.entries(wrong))
    test(`refuses ${name}`, () => {
      expect(validate(JSON.parse(JSON.stringify(whole(config))))).toBe(false);
    });

  test('is draft-07, and describes every key', () => {
    expect(schema).toMatchObject({ $schema: 'http://json-schema.org/draft-07/schema#' });
    const undescribed: string[] = [];
    (function walk(node: unknown, path: string): void {
      if (typeof node !== 'object' || node === null) return;
      const { properties } = node as { properties?: Record<string, { description?: string }> };
      for (const [key, property] of Object.entries(properties ?? {}))
        if (!property.description) undescribed.push(`${path}.${key}`);
      for (const [key, child] of Object.entries(node)) walk(child, `${path}.${key}`);
    })(schema, '');
    expect(undescribed).toEqual([]);
  });
});

test('a config that runs satisfies it', async () => {
  const file = join(import.meta.dirname, 'testdata/example.yaml');
  const raw = await loadConfig([file], { env: { OTLP_PASSWORD: 'correct-horse' } });
  await expect(checkConfig(raw, plugins)).resolves.toMatchObject({ warnings: [] });
  validate(parse(readFileSync(file, 'utf8'), { merge: true }));
  expect(validate.errors ?? []).toEqual([]);
});
