import type { Attributes, HrTime, MetricData, ResourceMetrics } from '@millrace/core';
import { pointType, valueType } from '@millrace/core';
import type { Config } from './config.ts';
import { parseJson, parsePath, valueAt } from './json.ts';
import { createMetric } from './metric.ts';
import { createParser, type Fault, noRows, type Table } from './parse.ts';
import { createSeriesMap } from './series.ts';

export interface Read {
  readonly resourceMetrics: ResourceMetrics;
  /** What is wrong, in the order of the lines of each metric: the first of them. */
  readonly faults: readonly string[];
  readonly faultCount: number;
}

/** A table of millions of lines may be wrong in each of them. */
const maxFaults = 20;

const scope = Object.freeze({ name: '@millrace/receiver-table' });

/** Makes metrics of texts, one after the other; what it remembers is their series. */
export function createReading(config: Config, id: string) {
  const { source, metrics: configs, resource_attributes: attributes } = config;
  const resource = Object.freeze({ attributes: Object.freeze({ ...attributes }) });
  const parse = createParser(config.format);
  // Several may have one name, and differ in their attributes.
  const byName = [...Map.groupBy(configs, ({ name }) => name).values()].map((same) => ({
    metrics: same.map((one) => createMetric(one, config.format)),
    series: createSeriesMap({ isCounter: same[0]!.type === 'counter' }),
  }));
  const isJson = source.json_path !== undefined || configs.some(({ json_path: path }) => path !== undefined);
  const hasTable = configs.some(({ column }) => column !== undefined);
  const tablePath = source.json_path === undefined ? undefined : parsePath(source.json_path)!;
  const own: Attributes = Object.freeze({ 'table.name': id });
  let began: HrTime | undefined;

  function tableIn(text: string, json: unknown, fault: Fault): Table | undefined {
    if (!hasTable) return undefined;
    if (!tablePath) return parse(text, fault);
    const found = valueAt(json, tablePath);
    if (typeof found === 'string') return parse(found, fault);
    if (found === undefined) return noRows;
    fault(`${source.json_path} is no text.`);
    return undefined;
  }

  function ownMetrics(time: HrTime, values: Readonly<Record<string, number | undefined>>): MetricData[] {
    const startTime = (began ??= time);
    return Object.entries(values).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const descriptor = { ...ownDescriptors[name as keyof typeof ownDescriptors], name, valueType: valueType.int };
      return {
        descriptor,
        dataPointType: pointType.gauge,
        dataPoints: [{ startTime, endTime: time, attributes: own, value }],
      };
    });
  }

  return {
    /** Throws where the text is not JSON and should be. */
    read(text: string, time: HrTime): Read {
      const faults: string[] = [];
      let faultCount = 0;
      const fault = (message: string): void => {
        if (faultCount++ < maxFaults) faults.push(message);
      };
      // Some editors begin a file with a byte order mark.
      const content = text.startsWith('\ufeff') ? text.slice(1) : text;
      const json = isJson ? jsonOf(content) : undefined;
      const reading = { json, table: tableIn(content, json, fault), fault };
      const made = byName.flatMap(({ metrics, series }) => {
        const run = series.begin(time);
        const points = metrics.flatMap((metric) => metric.points(reading, run));
        const dataPoints = [...points, ...run.end()];
        return dataPoints.length > 0 ? [{ ...metrics[0]!.template, dataPoints } as MetricData] : [];
      });
      const told = ownMetrics(time, {
        'table.up': hasTable && !reading.table ? 0 : 1,
        'table.rows': reading.table?.rows.length,
        'table.faults': faultCount,
      });
      const scopeMetrics = [{ scope, metrics: [...made, ...told] }];
      return { resourceMetrics: { resource, scopeMetrics }, faults, faultCount };
    },
    /** What is told when nothing could be read. */
    failed: (time: HrTime): ResourceMetrics => ({
      resource,
      scopeMetrics: [{ scope, metrics: ownMetrics(time, { 'table.up': 0 }) }],
    }),
  };
}

const ownDescriptors = {
  'table.up': { unit: '1', description: '1 if the table could be read, else 0.' },
  'table.rows': { unit: '{row}', description: 'How many rows it has.' },
  'table.faults': { unit: '{fault}', description: 'How many of its lines and values could not be understood.' },
} as const;

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof RangeError) throw new Error('It is JSON that is nested too deeply.');
    throw new Error(`It is no JSON: ${(error as Error).message}`);
  }
}
