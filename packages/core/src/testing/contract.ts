import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, ResourceMetrics } from '../batch.ts';
import { metricsBatch, pointType, signals, temporality, valueType } from '../batch.ts';
import type { Component, Consumer } from '../component.ts';
import { checkConfig, ConfigError, rawConfig } from '../config/index.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { AnyDefinition } from '../definition.ts';
import { PermanentError } from '../errors.ts';
import { kindOf } from '../plugins.ts';
import type { Schema } from '../schema.ts';
import { createScraper } from '../scraper.ts';
import { systemClock } from '../standalone.ts';
import { testContext } from './context.ts';
import { sink } from './sink.ts';

/** One thing that every component must do; `run` rejects with a sentence if this one does not. */
export interface ContractCheck {
  readonly name: string;
  run(): Promise<void>;
}

export interface ContractOptions {
  /** A config with which the component starts, on loopback and free ports. Default: {}. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of a connector: the pipelines that begin with it. Default: one of metrics. */
  readonly pipelines?: readonly string[];
}

/**
 * The contract of components as checks for any test runner:
 * `for (const { name, run } of checkDefinition(mine)) it(name, run)`.
 */
export function checkDefinition(
  definition: AnyDefinition,
  { config = {}, pipelines = ['metrics/contract'] }: ContractOptions = {},
): readonly ContractCheck[] {
  const checks: ContractCheck[] = [
    { name: 'says what it is, and describes every key', run: async () => described(definition) },
    { name: 'takes its config', run: () => accepts(definition, config) },
    { name: 'refuses an unknown key, and says which', run: () => refusesUnknownKey(definition, config) },
    {
      name: 'shuts down without having started, and twice',
      run: () => lifecycle(definition, { config, pipelines, start: false }),
    },
    {
      name: 'starts, shuts down twice and leaves nothing open',
      run: () => lifecycle(definition, { config, pipelines, start: true }),
    },
  ];
  if (definition.kind === 'processor' || definition.kind === 'exporter')
    checks.push({ name: 'changes nothing of a frozen batch', run: () => takesFrozen(definition, config) });
  if (definition.kind === 'processor')
    checks.push({ name: 'passes the rejection of its next on', run: () => passesRejection(definition, config) });
  if (definition.kind === 'scraper') {
    checks.push(
      { name: 'describes every metric and attribute', run: async () => metricsDescribed(definition) },
      { name: 'ends in time when it is given none', run: () => scrapesInTime(definition, config) },
    );
  }
  return checks;
}

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function described(definition: AnyDefinition): void {
  const { type, description, config } = definition;
  assert(/^[a-z][a-z0-9_]{0,62}$/.test(type), `type ${type} is not lower_snake_case`);
  assert(/^[A-Z].*[.]$/.test(description), `the description is not a sentence: ${description}`);
  const visit = (schema: Schema, path: string): void => {
    assert(schema.description.length > 3, `${path} has no description`);
    if ('anyOf' in schema) for (const branch of schema.anyOf) visit(branch, path);
    else if ('items' in schema) visit(schema.items, `${path}[]`);
    else if ('properties' in schema) visitAll(schema.properties, `${path}.`);
    else if ('additionalProperties' in schema) visit(schema.additionalProperties, `${path}.*`);
  };
  const visitAll = (properties: Readonly<Record<string, Schema>>, prefix: string): void => {
    for (const [key, schema] of Object.entries(properties)) {
      assert(/^[a-z][a-z0-9_]*$/.test(key), `${prefix}${key} is not lower_snake_case`);
      visit(schema, `${prefix}${key}`);
    }
  };
  visitAll((config as { properties: Readonly<Record<string, Schema>> }).properties, '');
  for (const [name, command] of Object.entries(('commands' in definition && definition.commands) || {})) {
    assert(/^[a-z][a-z0-9_]*$/.test(name), `the command ${name} is not lower_snake_case`);
    assert(/^[A-Z].*[.]$/.test(command.description), `${name}: the description is not a sentence`);
    visitAll(command.arguments?.properties ?? {}, `${name} `);
  }
}

function metricsDescribed({ metrics }: Extract<AnyDefinition, { kind: 'scraper' }>): void {
  for (const [name, { description, attributes = {}, kind, unit }] of Object.entries(metrics)) {
    assert(/^[A-Z].*[.]$/.test(description), `${name}: the description is not a sentence`);
    assert(unit.length > 0, `${name} has no unit`);
    assert(kind !== 'counter' || !name.endsWith('_total'), `${name}: the suffix is the Prometheus exporter's`);
    for (const [key, meaning] of Object.entries(attributes))
      assert(meaning.length > 0, `${name}: ${key} is not described`);
  }
}

/** A whole config around one component, with a neighbour of every kind that it needs. */
async function check(definition: AnyDefinition, config: object): Promise<void> {
  const kind = kindOf(definition);
  const signal =
    'signals' in definition && Array.isArray(definition.signals) ? (definition.signals as string[])[0]! : 'metrics';
  const { type } = definition;
  const pipeline = {
    receivers: kind === 'receiver' ? [type] : ['contract_in'],
    ...(kind === 'processor' ? { processors: [type] } : {}),
    exporters: kind === 'exporter' ? [type] : ['contract_out'],
  };
  const sections: Record<string, Record<string, unknown>> = {
    receivers: kind === 'receiver' ? {} : { contract_in: {} },
    exporters: kind === 'exporter' ? {} : { contract_out: {} },
  };
  (sections[`${kind}s`] ??= {})[type] = config;
  const service = { pipelines: { [signal]: pipeline }, ...(kind === 'extension' ? { extensions: [type] } : {}) };
  await checkConfig(rawConfig({ ...sections, service }), {
    find: async (wanted, name) =>
      wanted === kind && name === type
        ? definition
        : neighbours.find((one) => kindOf(one) === wanted && one.type === name),
    known: async () => [],
    installHint: () => '',
  });
}

const neighbour = { description: 'A neighbour.', config: { properties: {} }, signals } as const;
const neighbours = [
  { ...neighbour, kind: 'receiver', type: 'contract_in', create: () => ({}) },
  { ...neighbour, kind: 'exporter', type: 'contract_out', create: () => ({ consume: async () => {} }) },
] as readonly AnyDefinition[];

const accepts = check;

async function refusesUnknownKey(definition: AnyDefinition, config: object): Promise<void> {
  try {
    await check(definition, { ...config, no_such_key_of_anyone: 1 });
  } catch (error) {
    assert(
      error instanceof ConfigError && error.message.includes('no_such_key_of_anyone'),
      `not named: ${String(error)}`,
    );
    return;
  }
  throw new Error('the unknown key was taken');
}

const deadline = (): AbortSignal => AbortSignal.timeout(5_000);

interface Around {
  readonly next?: Consumer;
  readonly pipelines?: readonly string[];
}

function instance(
  definition: AnyDefinition,
  config: object,
  { next = sink(), pipelines = [] }: Around = {},
): Component & Partial<Consumer> {
  const resolved = resolveConfig(definition.config, config as never) as Readonly<Record<string, unknown>>;
  const context = testContext({ clock: systemClock, id: definition.type });
  switch (definition.kind) {
    case 'scraper':
      return createScraper(definition, resolved, context);
    case 'receiver':
    case 'processor':
      return definition.create(resolved, context, next);
    case 'connector':
      return definition.create(resolved, context, new Map(pipelines.map((id) => [id, next])));
    case 'exporter':
    case 'extension':
      return definition.create(resolved, context);
  }
}

async function lifecycle(
  definition: AnyDefinition,
  { config, pipelines, start }: { config: object; pipelines: readonly string[]; start: boolean },
): Promise<void> {
  const before = openHandles();
  const component = instance(definition, config, { pipelines });
  if (start) await component.start?.();
  await component.shutdown?.(deadline());
  await component.shutdown?.(deadline());
  for (let tries = 0; tries < 50 && openHandles() > before; tries++) await sleep(20);
  assert(openHandles() <= before, `left open: ${process.getActiveResourcesInfo().join(', ')}`);
}

/** What would hold a process: servers, sockets, workers. Timers come and go with the test runner. */
const openHandles = (): number =>
  process.getActiveResourcesInfo().filter((name) => /TCPServer|TCPSocket|HTTP|FSEvent|Worker|MessagePort/.test(name))
    .length;

/** A batch of a counter, a gauge and an ended point, frozen through and through. */
export function frozenBatch(): Batch {
  const times = { startTime: [1, 0], endTime: [2, 0] } as const;
  const descriptor = (name: string) => ({
    name,
    description: 'For the contract.',
    unit: '1',
    valueType: valueType.int,
  });
  const resource: ResourceMetrics = {
    resource: { attributes: { 'service.name': 'contract', 'process.pid': 1 } },
    scopeMetrics: [
      {
        scope: { name: 'contract' },
        metrics: [
          {
            descriptor: descriptor('contract.gauge'),
            dataPointType: pointType.gauge,
            dataPoints: [
              { ...times, attributes: { a: 'b' }, value: 1 },
              { ...times, attributes: {}, value: undefined, flags: 1 },
            ],
          },
          {
            descriptor: descriptor('contract.sum'),
            dataPointType: pointType.sum,
            aggregationTemporality: temporality.cumulative,
            isMonotonic: true,
            dataPoints: [{ ...times, attributes: {}, value: 2n ** 60n }],
          },
        ],
      },
    ],
  };
  return deepFreeze(metricsBatch([resource]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

async function takesFrozen(definition: AnyDefinition, config: object): Promise<void> {
  const component = instance(definition, config);
  await component.start?.();
  try {
    // The other side of an exporter may be down; only a batch that was written to is wrong.
    await component.consume!(frozenBatch(), AbortSignal.timeout(2_000)).catch((error: unknown) => {
      if (error instanceof TypeError) throw error;
    });
  } finally {
    await component.shutdown?.(deadline());
  }
}

async function passesRejection(definition: AnyDefinition, config: object): Promise<void> {
  const next = sink();
  next.failures.push(...Array.from({ length: 10 }, () => new PermanentError('contract says no')));
  const component = instance(definition, config, { next });
  await component.start?.();
  let rejected: unknown;
  try {
    await component.consume!(frozenBatch(), AbortSignal.timeout(2_000)).catch((error: unknown) => (rejected = error));
  } finally {
    await component.shutdown?.(deadline()).catch(() => {});
  }
  // A processor may keep or drop the batch by its purpose; what it handed on and was refused, it may not swallow.
  const refused = next.failures.length < 10;
  assert(!refused || rejected !== undefined, 'the rejection was swallowed');
}

async function scrapesInTime(definition: Extract<AnyDefinition, { kind: 'scraper' }>, config: object): Promise<void> {
  const scraper = createScraper(
    definition,
    resolveConfig(definition.config, config as never),
    testContext({ clock: systemClock }),
  );
  await scraper.start?.();
  try {
    const began = Date.now();
    await scraper.collect({ timeoutMs: 1 });
    assert(Date.now() - began < 1_000, `a scrape with 1 ms took ${Date.now() - began} ms`);
    await scraper.collect({ timeoutMs: 5_000, signal: AbortSignal.abort(new Error('stopped')) });
  } finally {
    await scraper.shutdown?.(deadline());
  }
}
