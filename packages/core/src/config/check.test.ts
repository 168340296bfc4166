import { describe, expect, test } from 'vitest';
import { defineExporter, defineScraper } from '../definition.ts';
import { checkConfig } from './check.ts';
import { ConfigError } from './diagnostics.ts';
import { rawConfig, type RawConfig } from './load.ts';
import type { CheckedConfig } from './model.ts';
import { componentSchema } from './reserved.ts';
import { plugins } from './testdata/definitions.ts';

const smallest = {
  receivers: { procfs: null },
  exporters: { debug: {} },
  service: { pipelines: { metrics: { receivers: ['procfs'], exporters: ['debug'] } } },
};

type Config = { readonly [section: string]: object };
const check = (config: Config): Promise<CheckedConfig> => checkConfig(rawConfig({ ...smallest, ...config }), plugins);

const wrong = async (checking: Promise<unknown>): Promise<readonly string[]> => {
  const error = await checking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error('It was expected to be refused.', { cause: error });
  return error.diagnostics.map(({ message }) => message);
};

describe('a checked config', () => {
  test('has every default, and units converted', async () => {
    const { receivers, exporters, pipelines, telemetry, warnings } = await check({});
    expect(receivers.get('procfs')).toMatchObject({
      id: 'procfs',
      config: { root_path: '/proc', budget: { per_scrape: 100, largest: 1024 ** 3, share: 0.5 }, include: [] },
      host: { collection_interval: 60_000, initial_delay: 1000, timeout: 0, metrics: {} },
    });
    expect(exporters.get('debug')!.config).toEqual({ verbosity: 'basic', color: false });
    expect([...pipelines.values()]).toEqual([
      { id: 'metrics', signal: 'metrics', receivers: ['procfs'], processors: [], exporters: ['debug'] },
    ]);
    expect(telemetry).toEqual({
      logs: { level: 'info', encoding: 'console' },
      metrics: { level: 'normal', readers: undefined },
      resource: {},
      shutdown_timeout: 30_000,
    });
    expect(warnings).toEqual([]);
  });

  test('keeps what the host reads apart from what the component gets', async () => {
    const procfs = {
      collection_interval: '10s',
      root_path: '/p',
      metrics: { 'process.memory.pss': { enabled: true } },
    };
    const { receivers } = await check({ receivers: { procfs } });
    expect(receivers.get('procfs')!.config).not.toHaveProperty('collection_interval');
    expect(receivers.get('procfs')!.host).toMatchObject({
      collection_interval: 10_000,
      metrics: { 'process.memory.pss': { enabled: true } },
    });
    expect(receivers.get('procfs')!.host).not.toHaveProperty('root_path');
  });

  test('has nested maps without anything in them', async () => {
    const { receivers } = await check({ receivers: { procfs: null, otlp: { protocols: { grpc: null } } } });
    expect(receivers.get('otlp')!.config).toEqual({ protocols: { grpc: { endpoint: 'localhost:4317' } } });
  });

  test('takes whole numbers for sizes, and 0 for a duration', async () => {
    const procfs = { timeout: 0, budget: { largest: 4096, per_scrape: '0' } };
    const { receivers } = await check({ receivers: { procfs } });
    expect(receivers.get('procfs')!.config).toMatchObject({ budget: { largest: 4096, per_scrape: 0 } });
    expect(receivers.get('procfs')!.host).toMatchObject({ timeout: 0 });
  });

  test('warns of what nothing uses', async () => {
    const { warnings, extensions } = await check({
      processors: { batch: {}, 'batch/2': {} },
      connectors: { forward: null },
      extensions: { health_check: null },
    });
    expect(warnings).toEqual([
      'the processor batch is configured, and no pipeline uses it',
      'the processor batch/2 is configured, and no pipeline uses it',
      'the connector forward is configured, and no pipeline uses it',
      'the extension health_check is configured, and not in service.extensions',
    ]);
    expect(extensions.size).toBe(0);
  });

  test('has its readers in one shape', async () => {
    const otlp = { endpoint: 'http://h:4317', headers: [{ name: 'a', value: 'b' }] };
    const readers = [
      { pull: { exporter: { prometheus: { host: '0.0.0.0' } } } },
      { periodic: { interval: 5000, exporter: { otlp } } },
    ];
    const { telemetry } = await check({ service: { ...smallest.service, telemetry: { metrics: { readers } } } });
    expect(telemetry.metrics.readers).toEqual([
      { pull: { exporter: { prometheus: { host: '0.0.0.0', port: 8888 } } } },
      {
        periodic: {
          interval: 5000,
          timeout: 30_000,
          exporter: { otlp: { protocol: 'grpc', endpoint: 'http://h:4317', headers: { a: 'b' } } },
        },
      },
    ]);
  });
});

describe('the queue and the retries of an exporter', () => {
  const host = async (id: string, config: object) =>
    (await check({ exporters: { debug: {}, [id]: config } })).exporters.get(id)!.host;

  test('are the collector’s unless configured', async () => {
    expect(await host('otlp', { endpoint: 'h:1' })).toEqual({
      timeout: 5000,
      sending_queue: {
        enabled: true,
        num_consumers: 10,
        queue_size: 1000,
        sizer: 'requests',
        max_bytes: 256 * 1024 ** 2,
        block_on_overflow: false,
      },
      retry_on_failure: {
        enabled: true,
        initial_interval: 5000,
        max_interval: 30_000,
        max_elapsed_time: 300_000,
        multiplier: 1.5,
        randomization_factor: 0.5,
      },
    });
  });

  const cases = [
    { name: 'off', config: {}, queue: false, retry: false, timeout: 0 },
    { name: 'a queue', config: { sending_queue: { queue_size: 5 } }, queue: true, retry: false, timeout: 0 },
    { name: 'an empty section', config: { sending_queue: null }, queue: true, retry: false, timeout: 0 },
    { name: 'said so', config: { sending_queue: { enabled: false } }, queue: false, retry: false, timeout: 0 },
    { name: 'retries', config: { retry_on_failure: {}, timeout: '1s' }, queue: false, retry: true, timeout: 1000 },
  ];
  for (const { name, config, queue, retry, timeout } of cases)
    test(`a direct exporter: ${name}`, async () => {
      expect(await host('debug', config)).toMatchObject({
        timeout,
        sending_queue: { enabled: queue },
        retry_on_failure: { enabled: retry },
      });
    });

  test('cannot be a component’s own', () => {
    const create = (): never => {
      throw new Error('not here');
    };
    const timeout = { type: 'string', description: 'Its own.' } as const;
    const exporter = defineExporter({
      type: 'x',
      description: '',
      signals: ['metrics'],
      config: { properties: { timeout } },
      create,
    });
    expect(() => componentSchema(exporter)).toThrow('The exporter x names what the host reads: timeout.');
    const scraper = defineScraper({
      type: 'y',
      description: '',
      metrics: {},
      config: { properties: { metrics: timeout } },
      create,
    });
    expect(() => componentSchema(scraper)).toThrow(TypeError);
  });
});

describe('text where a string is wanted', () => {
  const from = (config: object, text: string): RawConfig => ({
    ...rawConfig(config),
    origin: (path) => (path.at(-1) === 'x' ? { text, written: '${env:X}' } : undefined),
  });
  const headers = (x: unknown) => ({
    ...smallest,
    exporters: { debug: {}, otlp: { endpoint: 'h:1', headers: { x } } },
  });

  for (const [typed, text] of [
    [12345, '12345'],
    [1000, '1e3'],
    [true, 'true'],
    [null, ''],
    [{ a: 1 }, 'a: 1'],
  ] as const)
    test(`${JSON.stringify(typed)} is ${JSON.stringify(text)}`, async () => {
      const { exporters } = await checkConfig(from(headers(typed), text), plugins);
      expect(exporters.get('otlp')!.config).toMatchObject({ headers: { x: text } });
    });

  test('a number in the config is none', async () => {
    expect(await wrong(checkConfig(rawConfig(headers(12345)), plugins))).toEqual([
      'exporters.otlp.headers.x must be a string, not a number',
    ]);
  });
});

describe('a config given as an object', () => {
  test('is refused without places', async () => {
    const error = await check({ exporters: { debug: { verbosity: 'loud' } } }).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toBe(
      'error: exporters.debug.verbosity must be "basic", "normal" or "detailed", not "loud"',
    );
  });

  for (const value of [
    [],
    'x',
    { receivers: [] },
    { service: 'x' },
    { plugins: {} },
    { receivers: { procfs: () => 1 } },
  ])
    test(`${JSON.stringify(value)} is refused, not thrown over`, async () => {
      expect((await wrong(checkConfig(rawConfig(value as object), plugins))).length).toBeGreaterThan(0);
    });

  test('has keys only of its own', async () => {
    const { exporters } = await check({ exporters: { debug: { verbosity: undefined } } });
    expect(exporters.get('debug')!.config).toMatchObject({ verbosity: 'basic' });
    expect(await wrong(check({ exporters: { debug: { constructor: 1 } } }))).toEqual([
      'unknown key "constructor" in exporters.debug',
    ]);
  });
});
