import type { Attributes, DataPoint, HrTime, MetricData, Resource, ResourceMetrics, Scope } from './batch.ts';
import { hrTime, isEnded, noRecordedValue, pointType, temporality, valueType } from './batch.ts';
import type { Component, Context } from './component.ts';
import type { AnyScraper, Entity, MetricDeclaration, Metrics, Scrape } from './definition.ts';
import { formatDuration } from './config/units.ts';
import { attributesKey } from './attributes-key.ts';
import { rejection } from './delivery/timeout.ts';

export interface Collection {
  /** One for each entity that was seen, and one for each that has ended since the last collection. */
  readonly resourceMetrics: readonly ResourceMetrics[];
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
  startTime: HrTime;
  seenAt: number;
  last: readonly MetricData[];
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
        startTime: now,
        seenAt: 0,
        last: [],
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
      return { resourceMetrics: [], errors: [new Error('The scrape before this one has not ended yet.')] };

    const generation = ++scrapes;
    const time = context.clock.now();
    const now = hrTime(time);
    const recorders: Recorder[] = [];
    const late = new Error(`The scrape did not end within its timeout of ${formatDuration(timeoutMs)}.`);
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(late), Math.min(timeoutMs, 2 ** 31 - 1));
    const signal = stop ? AbortSignal.any([stop, timer.signal]) : timer.signal;
    let open = true;
    const fail = (error: unknown): void => {
      if (open) errors.push(error);
    };
    const run: Scrape<M> = {
      time,
      signal,
      fail,
      wants: (metric) => declared.get(metric)?.enabled ?? false,
      entity(attributes, options): Entity<M> {
        const entity = track(attributes, now);
        if (options?.startTime !== undefined && entity.seenAt === 0) entity.startTime = hrTime(options.startTime);
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
    await Promise.race([scrape, rejection(signal)]).catch((error: unknown) => {
      complete = false;
      errors.push(error);
    });
    clearTimeout(timeout);
    open = false;

    const resourceMetrics: ResourceMetrics[] = [];
    for (const recorder of recorders) {
      recorder.close();
      const { entity, metrics } = recorder;
      const ended = complete ? endedSeries(entity.last, metrics, now) : [];
      entity.last = metrics;
      const all = ended.length > 0 ? [...metrics, ...ended] : metrics;
      if (all.length > 0) resourceMetrics.push({ resource: entity.resource, scopeMetrics: [{ scope, metrics: all }] });
    }
    // After a scrape that broke off nobody knows what is gone.
    if (complete) {
      for (const [key, entity] of tracked) {
        if (entity.seenAt === generation) continue;
        tracked.delete(key);
        byAttributes.delete(entity.resource.attributes);
        const metrics = endedSeries(entity.last, [], now);
        if (metrics.length > 0) resourceMetrics.push({ resource: entity.resource, scopeMetrics: [{ scope, metrics }] });
      }
    }
    return { resourceMetrics, errors };
  }

  return {
    start: async () => instance.start?.(),
    shutdown: async (signal) => instance.shutdown?.(signal),
    collect: ({ timeoutMs, signal }) => (running ??= collect(timeoutMs, signal).finally(() => (running = undefined))),
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

/** The series of `before` that `now` lacks, without a value. Cheap where nothing has changed, which is nearly always. */
function endedSeries(before: readonly MetricData[], now: readonly MetricData[], time: HrTime): MetricData[] {
  const ended: MetricData[] = [];
  for (const [index, metric] of before.entries()) {
    const { descriptor } = metric;
    const current =
      now[index]?.descriptor === descriptor ? now[index] : now.find((other) => other.descriptor === descriptor);
    const points = current?.dataPoints ?? [];
    let present: Set<string> | undefined;
    const gone = metric.dataPoints.filter((point, at) => {
      if (isEnded(point) || points[at]?.attributes === point.attributes) return false;
      present ??= new Set(points.map(({ attributes }) => attributesKey(attributes)));
      return !present.has(attributesKey(point.attributes));
    });
    if (gone.length === 0) continue;
    const dataPoints = gone.map(({ startTime, attributes }) => ({
      startTime,
      endTime: time,
      attributes,
      value: undefined,
      flags: noRecordedValue,
    }));
    ended.push({ ...metric, dataPoints } as MetricData);
  }
  return ended;
}
