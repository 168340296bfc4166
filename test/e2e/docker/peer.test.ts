// docker_stats of the OpenTelemetry Collector beside ours: the same containers in the same moment.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectorsNames } from '../../../packages/receivers/docker-stats/src/metrics.ts';
import { otelcolBinary, startOtelcol } from '../../peers/otelcol/index.ts';
import { type Container, runContainer } from './containers.ts';
import { tryDocker } from './engine.ts';
import { enabled, type Found, type Scraping, startScraping } from './pipeline.ts';

const hasCollector = otelcolBinary() !== undefined;
if (!hasCollector) console.warn('SKIPPED: the collector is not built (node test/peers/otelcol/build.ts).');
const engine = hasCollector ? await tryDocker() : undefined;

/** What identifies a series, and says what it is: all that must be the same. */
interface Series {
  readonly key: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly value: number;
}

const resourceAttributes = ['container.command_line', 'container.image.id'];
const settings = (endpoint: string): string =>
  `endpoint: '${endpoint}', ${enabled(collectorsNames)}, container_labels_to_metric_labels: { com.example.tier: tier }, ` +
  `env_vars_to_metric_labels: { REGION: region }, resource_attributes: { ${resourceAttributes.map((name) => `${name}: { enabled: true }`).join(', ')} }`;

/** Newer than the version that is compared with. */
const onlyOurs = /container\.status/;
/** Shares of 0, where none were set and 1024 hold; limits of nearly 2^63, where there are none. */
const onlyTheirs = /^plain container\.(cpu\.shares|memory\.hierarchical_)/;

describe.skipIf(!engine)('docker_stats of the collector and ours', () => {
  let scraping: Scraping;
  let place: string;
  const containers: Container[] = [];
  let theirs: ReadonlyMap<string, Series>;
  const ours = new Map<string, ReadonlyMap<string, Series>>();

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'millrace-peer-'));
    const host = { Memory: 128 << 20, NanoCpus: 0.5e9, CpuShares: 512, PidsLimit: 50 };
    containers.push(
      await runContainer(engine!, {
        name: 'limited',
        steps: 'user 200 system 100 memory 20000000 fork 4 write 4194304 wait',
        labels: { 'com.example.tier': 'web' },
        env: ['REGION=eu-1'],
        host,
      }),
      await runContainer(engine!, { name: 'plain', steps: 'user 100 memory 1000000 wait' }),
    );
    for (const container of containers) await container.report();
    const file = join(place, 'theirs.json');
    const collector = await startOtelcol(`
receivers: { docker_stats: { initial_delay: 0s, collection_interval: 2s, api_version: '1.41', ${settings(engine!.endpoint)} } }
exporters: { file: { path: ${file} } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [docker_stats], exporters: [file] } }
`);
    try {
      scraping = await startScraping({
        'docker_stats/cgroup': `stats_source: cgroup, ${settings(engine!.endpoint)}`,
        'docker_stats/api': `stats_source: api, ${settings(engine!.endpoint)}`,
      });
      await scraping.scrape();
      for (const until = Date.now() + 20_000; linesOf(file).length < 2; await sleep(100))
        if (Date.now() > until) throw new Error(`The collector sent too little:\n${collector.log()}`);
      const readings = await scraping.scrape();
      for (const [source, reading] of Object.entries(readings))
        ours.set(source, byKey(containers.flatMap(({ id }) => reading.points(id).map(seriesOf))));
      theirs = byKey(seriesIn(linesOf(file).at(-1)!));
    } finally {
      // Asked to end, it waits for the engine's events, and does not.
      process.kill(collector.pid, 'SIGKILL');
      await collector.stop().catch(() => {});
    }
  }, 90_000);
  afterAll(async () => {
    await scraping?.stop();
    await engine?.stop();
    rmSync(place, { recursive: true, force: true });
  }, 60_000);

  /** The series, without those that are meant to differ. */
  const compared = (series: ReadonlyMap<string, Series>, but: RegExp): readonly string[] =>
    [...series.keys()].filter((key) => !but.test(key)).sort();

  it('from the API: every series of theirs with its unit, type and attributes, and none that they have not', () => {
    expect(theirs.size).toBeGreaterThan(100);
    expect(compared(ours.get('docker_stats/api')!, onlyOurs)).toEqual(compared(theirs, onlyTheirs));
  });

  it('from cgroups: the same, but what only the API tells', () => {
    const onlyFromTheApi = new RegExp(`${onlyTheirs.source}|usage\\.percpu|operation=(async|sync|total)`);
    expect(compared(ours.get('docker_stats/cgroup')!, onlyOurs)).toEqual(compared(theirs, onlyFromTheApi));
  });

  it.each(['docker_stats/api', 'docker_stats/cgroup'])('%s: the same resources', (source) => {
    for (const [key, { resource }] of theirs)
      expect(ours.get(source)!.get(key)?.resource ?? resource, key).toEqual(resource);
  });

  it.each(['docker_stats/api', 'docker_stats/cgroup'])('%s: the same values', (source) => {
    const different: string[] = [];
    for (const [key, { value }] of theirs) {
      const own = ours.get(source)!.get(key)?.value;
      if (own !== undefined && Math.abs(own - value) > toleranceOf(key, value))
        different.push(`${key}: ${own}, not ${value}`);
    }
    expect(different).toEqual([]);
  });
});

/** The containers wait: only what the kernel counts late, and time itself, may differ. */
function toleranceOf(key: string, value: number): number {
  if (/uptime/.test(key)) return 10;
  if (/usage\.system/.test(key)) return 20e9;
  if (/network/.test(key)) return /bytes/.test(key) ? 1000 : 10;
  if (/\.(kernelmode|usermode)/.test(key)) return 10e6;
  if (/cpu\.(usage|utilization)/.test(key)) return Math.max(1, value / 1000);
  if (/memory\.percent/.test(key)) return 0.5;
  if (/memory\..*(pg|fail)/.test(key)) return 300;
  if (/memory/.test(key)) return 512 * 1024;
  return 0;
}

const byKey = (series: readonly Series[]): ReadonlyMap<string, Series> => new Map(series.map((one) => [one.key, one]));

const linesOf = (file: string): readonly string[] => {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
};

interface OtlpPoint {
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly attributes?: readonly OtlpAttribute[];
}
interface OtlpAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface OtlpData {
  readonly isMonotonic?: boolean;
  readonly aggregationTemporality?: number;
  readonly dataPoints: readonly OtlpPoint[];
}
interface OtlpMetric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: OtlpData;
  readonly gauge?: OtlpData;
}
interface Otlp {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
  }[];
}

const flat = (attributes: readonly OtlpAttribute[] = []): Record<string, string | undefined> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

const keyOf = (parts: { container: unknown; name: string; unit: string; type: string; attributes: object }): string =>
  [
    String(parts.container),
    parts.name,
    parts.unit,
    parts.type,
    ...Object.entries(parts.attributes)
      .map(([key, value]) => `${key}=${String(value)}`)
      .sort(),
  ].join(' ');

function seriesIn(line: string): readonly Series[] {
  return (JSON.parse(line) as Otlp).resourceMetrics.flatMap(({ resource, scopeMetrics }) => {
    const about = flat(resource.attributes);
    return scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ name, unit = '', sum, gauge }) =>
        (sum ?? gauge)!.dataPoints.map(({ asInt, asDouble, attributes }) => ({
          resource: about,
          value: Number(asInt ?? asDouble),
          key: keyOf({
            container: about['container.name'],
            name,
            unit,
            type: `${sum ? (sum.isMonotonic ? 'counter' : 'up_down_counter') : 'gauge'} ${asInt === undefined ? 'double' : 'int'}`,
            attributes: flat(attributes),
          }),
        })),
      ),
    );
  });
}

function seriesOf({ resource, metric, attributes, value }: Found): Series {
  const { name, unit, valueType } = metric.descriptor;
  const kind = 'isMonotonic' in metric ? (metric.isMonotonic ? 'counter' : 'up_down_counter') : 'gauge';
  const type = `${kind} ${valueType === 0 ? 'int' : 'double'}`;
  return {
    resource,
    value: Number(value),
    key: keyOf({ container: resource['container.name'], name, unit, type, attributes }),
  };
}
