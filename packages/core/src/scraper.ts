import type {
  Attributes,
  DataPoint,
  HrTime,
  LogRecord,
  MetricData,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  Scope,
} from './batch.ts';
import { hrTime, noRecordedValue, pointType, temporality, valueType } from './batch.ts';
import type { Component, Context } from './component.ts';
import type { AnyScraper, Entity, MetricDeclaration, Metrics, Scrape, ScrapedLog } from './definition.ts';
import { formatDuration } from './config/units.ts';
import { attributesKey } from './attributes-key.ts';
import { deadline, orAbort } from './delivery/abort.ts';

export interface Collection {
  /** One for each entity that was seen, and one for each that has ended since the last collection. */
  readonly resourceMetrics: readonly ResourceMetrics[];
  /** In the order in which they were logged, those of one resource after the other together. */
  readonly resourceLogs: readonly ResourceLogs[];
  /** What could not be read. */
  readonly errors: readonly unknown[];
}

/** A pull receiver's instance. `collect` never rejects and never overruns its time; calls that overlap share one scrape. */
export interface Scraper extends Component {
  collect(options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Collection>;
}

/** `{ 'process.cpu.utilization': { enabled: true } }`: what a config's `metrics` says about the declared ones. */
export type MetricSettings = { readonly [metric: string]: { readonly enabled?: boolean } };

type MutableMetric = { -readonly [K in keyof MetricData]: MetricData[K] } & { dataPoints: DataPoint<unknown>[] };

interface Declared {
  readonly name: string;
  readonly enabled: boolean;
  readonly integer: boolean;
  readonly template: Omit<MetricData, 'dataPoints'>;
  /** The entity that recorded this metric last, and where: entities are mostly recorded one after the other. */
  openIn: Recorder | undefined;
  open: MutableMetric | undefined;
}

interface TrackedEntity {
  readonly resource: Resource;
  /** Milliseconds, as it was given. */
  startedAt: number | undefined;
  startTime: HrTime;
  seenAt: number;
  series: readonly SeriesOfMetric[];
}

/** Which series an entity had at the last scrape. The points themselves are not kept: they would outlive their batch. */
interface SeriesOfMetric {
  readonly metric: MetricData;
  readonly attributes: readonly Attributes[];
}

const noAttributes: Attributes = Object.freeze({});

export function createScraper<M extends Metrics>(
  definition: AnyScraper<M>,
  config: Readonly<Record<string, unknown>>,
  context: Context,
  settings: MetricSettings = {},
): Scraper {
  const instance = definition.create(config, context);
  const scope: Scope = Object.freeze({ name: `@millrace/receiver-${definition.type.replaceAll('_', '-')}` });
  const declared = new Map<string, Declared>(
    Object.entries(definition.metrics).map(([name, declaration]) => [
      name,
      declare(name, declaration, settings[name]?.enabled ?? declaration.enabled ?? true),
    ]),
  );
  const byAttributes = new WeakMap<Attributes, TrackedEntity>();
  const tracked = new Map<string, TrackedEntity>();
  const keys = new WeakMap<TrackedEntity, string>();
  let scrapes = 0;
  let running: Promise<Collection> | undefined;
  let unfinished: Promise<void> | undefined;

  function track(attributes: Attributes, now: HrTime): TrackedEntity {
    const known = byAttributes.get(attributes);
    const key = known ? keys.get(known)! : attributesKey(attributes);
    let entity = tracked.get(key);
    if (!entity) {
      entity = {
        resource: Object.freeze({ attributes: Object.freeze(attributes) }),
        startedAt: undefined,
        startTime: now,
        seenAt: 0,
        series: [],
      };
      keys.set(entity, key);
      tracked.set(key, entity);
    }
    if (entity !== known) byAttributes.set(attributes, entity);
    return entity;
  }

  async function collect(timeoutMs: number, stop?: AbortSignal): Promise<Collection> {
    const errors: unknown[] = [];
    if (unfinished)
      return {
        resourceMetrics: [],
        resourceLogs: [],
        errors: [new Error('The scrape before this one has not ended yet.')],
      };

    const generation = ++scrapes;
    const time = context.clock.now();
    const now = hrTime(time);
    const recorders: Recorder[] = [];
    const logs = logCollector(scope, now);
    const late = (): Error => new Error(`The scrape did not end within its timeout of ${formatDuration(timeoutMs)}.`);
    const { signal, clear } = deadline(timeoutMs, late, stop);
    let open = true;
    const fail = (error: unknown): void => {
      if (open) errors.push(error);
    };
    const run: Scrape<M> = {
      time,
      timeoutMs,
      signal,
      fail,
      log(record, of) {
        if (open) logs.add(record, of);
      },
      wants: (metric) => declared.get(metric)?.enabled ?? false,
      entity(attributes, options): Entity<M> {
        const entity = track(attributes, now);
        const startedAt = options?.startTime;
        if (startedAt !== undefined && startedAt !== entity.startedAt) {
          entity.startedAt = startedAt;
          entity.startTime = hrTime(startedAt);
        }
        const recorder = new Recorder(entity, declared, now, fail);
        // A second mention of an entity in one scrape goes on with the first.
        if (entity.seenAt === generation) {
          const first = recorders.find((other) => other.entity === entity);
          if (first) return first as Entity<M>;
        }
        if (open) {
          entity.seenAt = generation;
          recorders.push(recorder);
        }
        return recorder as Entity<M>;
      },
    };

    const scrape = (async () => instance.scrape(run))();
    const settled = scrape.then(
      () => {},
      () => {},
    );
    unfinished = settled;
    void settled.then(() => (unfinished = undefined));
    // An SDK reader awaits all its producers together: one that rejects or hangs would cost every other its metrics.
    let complete = true;
    await orAbort(scrape, signal).catch((error: unknown) => {
      complete = false;
      errors.push(error);
    });
    clear();
    open = false;

    const resourceMetrics: ResourceMetrics[] = [];
    const add = ({ resource }: TrackedEntity, metrics: readonly MetricData[]): void => {
      if (metrics.length > 0) resourceMetrics.push({ resource, scopeMetrics: [{ scope, metrics }] });
    };
    for (const recorder of recorders) {
      recorder.close();
      const { entity, metrics } = recorder;
      if (hasSeries(metrics, entity.series)) {
        add(entity, metrics);
        continue;
      }
      const series = seriesOf(metrics);
      // After a scrape that broke off nobody knows what is gone.
      add(entity, complete ? [...metrics, ...endedSeries(entity, series, now)] : metrics);
      entity.series = series;
    }
    if (complete) {
      for (const [key, entity] of tracked) {
        if (entity.seenAt === generation) continue;
        tracked.delete(key);
        byAttributes.delete(entity.resource.attributes);
        add(entity, endedSeries(entity, [], now));
      }
    }
    return { resourceMetrics, resourceLogs: logs.resourceLogs, errors };
  }

  return {
    start: async () => instance.start?.(),
    shutdown: async (signal) => instance.shutdown?.(signal),
    ...(instance.command && { command: (call) => instance.command!(call) }),
    collect: ({ timeoutMs, signal }) => (running ??= collect(timeoutMs, signal).finally(() => (running = undefined))),
  };
}

interface LogCollector {
  readonly resourceLogs: readonly ResourceLogs[];
  add(record: ScrapedLog, of: Attributes | undefined): void;
}

function logCollector(scope: Scope, observedTime: HrTime): LogCollector {
  const resourceLogs: ResourceLogs[] = [];
  let last: { readonly of: Attributes | undefined; readonly records: LogRecord[] } | undefined;
  return {
    resourceLogs,
    add({ time, attributes = noAttributes, ...said }, of) {
      if (!last || last.of !== of) {
        last = { of, records: [] };
        resourceLogs.push({
          resource: { attributes: of ?? noAttributes },
          scopeLogs: [{ scope, logRecords: last.records }],
        });
      }
      last.records.push({ ...said, attributes, observedTime, ...(time !== undefined && { time: hrTime(time) }) });
    },
  };
}

class Recorder {
  readonly entity: TrackedEntity;
  readonly metrics: MetricData[] = [];
  readonly #declared: ReadonlyMap<string, Declared>;
  readonly #now: HrTime;
  readonly #fail: (error: unknown) => void;
  #open = true;

  constructor(
    entity: TrackedEntity,
    declared: ReadonlyMap<string, Declared>,
    now: HrTime,
    fail: (error: unknown) => void,
  ) {
    this.entity = entity;
    this.#declared = declared;
    this.#now = now;
    this.#fail = fail;
  }

  record(name: string, value: number | bigint | undefined, attributes: Attributes = noAttributes): void {
    if (value === undefined || !this.#open) return;
    const declared = this.#declared.get(name);
    if (!declared) throw new TypeError(`The metric ${name} is not declared.`);
    if (!declared.enabled) return;
    if (typeof value === 'number' && (declared.integer ? !Number.isSafeInteger(value) : !Number.isFinite(value))) {
      this.#fail(
        new RangeError(
          `${name} cannot be ${value}: ${declared.integer ? 'an exact integer' : 'a finite number'} is needed.`,
        ),
      );
      return;
    }
    if (declared.openIn !== this) {
      declared.openIn = this;
      declared.open = this.#metric(declared);
    }
    declared.open!.dataPoints.push({ startTime: this.entity.startTime, endTime: this.#now, attributes, value });
  }

  #metric(declared: Declared): MutableMetric {
    const { template } = declared;
    for (const metric of this.metrics)
      if (metric.descriptor === template.descriptor) return metric as unknown as MutableMetric;
    const metric = { ...template, dataPoints: [] } as unknown as MutableMetric;
    this.metrics.push(metric as unknown as MetricData);
    return metric;
  }

  close(): void {
    this.#open = false;
  }
}

function declare(
  name: string,
  { kind, unit, description, valueType: type }: MetricDeclaration,
  enabled: boolean,
): Declared {
  const descriptor = Object.freeze({ name, description, unit, valueType: valueType[type] });
  const template =
    kind === 'gauge'
      ? { descriptor, dataPointType: pointType.gauge }
      : {
          descriptor,
          dataPointType: pointType.sum,
          aggregationTemporality: temporality.cumulative,
          isMonotonic: kind === 'counter',
        };
  return { name, enabled, integer: type === 'int', template, openIn: undefined, open: undefined };
}

/** Whether these points are of the very series that there were, in their order, which is nearly always so. */
function hasSeries(metrics: readonly MetricData[], series: readonly SeriesOfMetric[]): boolean {
  if (metrics.length !== series.length) return false;
  for (let at = 0; at < metrics.length; at++) {
    const { descriptor, dataPoints } = metrics[at]!;
    const { metric, attributes } = series[at]!;
    if (descriptor !== metric.descriptor || dataPoints.length !== attributes.length) return false;
    for (let place = 0; place < attributes.length; place++)
      if (dataPoints[place]!.attributes !== attributes[place]) return false;
  }
  return true;
}

const seriesOf = (metrics: readonly MetricData[]): SeriesOfMetric[] =>
  metrics.map((metric) => ({
    metric: { ...metric, dataPoints: [] },
    attributes: metric.dataPoints.map(({ attributes }: { attributes: Attributes }) => attributes),
  }));

/** The series of an entity that are not among those that it has now, without a value. */
function endedSeries(
  { series, startTime }: TrackedEntity,
  now: readonly SeriesOfMetric[],
  endTime: HrTime,
): MetricData[] {
  const current = new Map(
    now.map(({ metric, attributes }) => [metric.descriptor, new Set(attributes.map(attributesKey))]),
  );
  return series.flatMap(({ metric, attributes }) => {
    const present = current.get(metric.descriptor);
    const gone = attributes.filter((one) => !present?.has(attributesKey(one)));
    if (gone.length === 0) return [];
    const point = { startTime, endTime, value: undefined, flags: noRecordedValue };
    return [{ ...metric, dataPoints: gone.map((one) => ({ ...point, attributes: one })) } as MetricData];
  });
}
