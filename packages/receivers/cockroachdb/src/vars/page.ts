import type { Attributes } from '@millrace/core';
import { createParser, type Series } from '@millrace/prometheus-parser';
import { floatOf, wholeOf } from '../json/scalars.ts';
import type { MetricName } from '../metrics.ts';
import type { PresetMetric } from '../presets/preset.ts';
import { type Cumulative, quantileOf } from './quantile.ts';

/** What of the pages of a cluster's nodes is wanted: the metrics of its presets, and the heartbeats where the API has none. */
export type Wanted = ReadonlyMap<string, readonly WantedMetric[]>;

interface WantedMetric {
  readonly metric: MetricName;
  readonly declaration: PresetMetric;
  readonly attributes: Attributes;
}

/** One value of a page, of a store or of the node itself. */
export interface VarsPoint {
  readonly metric: MetricName;
  readonly store: string | undefined;
  readonly attributes: Attributes;
  readonly value: number | bigint;
}

export interface VarsPage {
  push(chunk: Uint8Array): void;
  end(): { readonly node: string | undefined; readonly points: readonly VarsPoint[] };
}

/** Which node the page is of: a gauge whose value is its id. */
const identity = 'node_id';
/** Labels that a series may have; one with others is a part of another one, by application or database. */
const known = new Set(['store', 'node_id', 'tenant', 'instance_type', 'le']);

/** By the name of a series; a histogram by that of its buckets. */
export function wantedOf(metrics: Readonly<Partial<Record<MetricName, PresetMetric>>>): Wanted {
  const wanted = new Map<string, WantedMetric[]>();
  for (const [metric, declaration] of Object.entries(metrics))
    for (const [series, attributes] of Object.entries(declaration.series)) {
      const name = declaration.quantile === undefined ? series : `${series}_bucket`;
      const list = wanted.get(name) ?? [];
      list.push({ metric: metric as MetricName, declaration, attributes: Object.freeze({ ...attributes }) });
      wanted.set(name, list);
    }
  return wanted;
}

/** What stands for a series from page to page. */
interface Target {
  readonly name: string;
  readonly store: string | undefined;
  /** Of a bucket. */
  readonly bound: number | undefined;
}

interface Histogram {
  readonly metrics: readonly WantedMetric[];
  readonly store: string | undefined;
  readonly buckets: Map<number, number>;
}

/** Reads the pages of one node, one after the other. */
export function createVarsReader(wanted: Wanted): { begin(): VarsPage } {
  let earlier: ReadonlyMap<string, Cumulative> = new Map();
  let node: string | undefined;
  let points: VarsPoint[] = [];
  let histograms = new Map<string, Histogram>();

  const parser = createParser<Target>({
    wanted: (name) => name === identity || wanted.has(name),
    sink: {
      series: targetOf,
      sample(target, value) {
        if (target.name === identity) node = Number.isInteger(value) ? String(value) : undefined;
        else if (target.bound !== undefined) addBucket(target, target.bound, value);
        else for (const one of wanted.get(target.name)!) addPoint(one, target.store, value);
      },
    },
  });

  function addBucket({ name, store }: Target, bound: number, value: number): void {
    const key = `${name} ${store ?? ''}`;
    let histogram = histograms.get(key);
    if (!histogram) {
      histogram = { metrics: wanted.get(name)!, store, buckets: new Map() };
      histograms.set(key, histogram);
    }
    histogram.buckets.set(bound, value);
  }

  function addPoint({ metric, declaration, attributes }: WantedMetric, store: string | undefined, value: number): void {
    const scaled = value * (declaration.scale ?? 1);
    const exact = declaration.valueType === 'int' ? wholeOf(scaled) : floatOf(scaled);
    if (exact !== undefined) points.push({ metric, store, attributes, value: exact });
  }

  function endHistograms(): void {
    for (const [key, { metrics, store, buckets }] of histograms)
      for (const one of metrics) {
        const value = quantileOf(one.declaration.quantile!, buckets, earlier.get(key));
        if (value !== undefined) addPoint(one, store, value);
      }
    earlier = new Map([...histograms].map(([key, { buckets }]) => [key, buckets]));
  }

  return {
    begin() {
      node = undefined;
      points = [];
      histograms = new Map();
      const page = parser.begin('prometheus');
      return {
        push: (chunk) => page.push(chunk),
        end() {
          page.end();
          endHistograms();
          return { node, points };
        },
      };
    },
  };
}

/** The system's own, where a cluster is shared by tenants. */
function targetOf({ name, labels }: Series): Target | undefined {
  const { store, tenant = 'system', le } = labels;
  if (name === identity) return { name, store: undefined, bound: undefined };
  if (tenant !== 'system' || Object.keys(labels).some((label) => !known.has(label))) return undefined;
  if (!name.endsWith('_bucket')) return { name, store, bound: undefined };
  const bound = le === '+Inf' ? Infinity : Number(le ?? Number.NaN);
  return Number.isNaN(bound) ? undefined : { name, store, bound };
}
