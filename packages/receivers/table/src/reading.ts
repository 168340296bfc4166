import type { Attributes, DataPoint, HrTime, MetricData, ResourceMetrics } from '@millrace/core';
import { pointType, valueType } from '@millrace/core';
import type { Config } from './config.ts';
import { parseJson, parsePath, valueAt } from './json.ts';
import { createMetric } from './metric.ts';
import { createParser, type Fault, type Table } from './parse.ts';

export interface Read {
  readonly resourceMetrics: ResourceMetrics;
  /** What is wrong, in the order of the lines of each metric. */
  readonly faults: readonly string[];
}

const scope = Object.freeze({ name: '@millrace/receiver-table' });

/** Makes metrics of texts, one after the other; what it remembers is their series. */
export function createReading(config: Config, id: string) {
  const { source, metrics: configs, resource_attributes: attributes } = config;
  const resource = Object.freeze({ attributes: Object.freeze({ ...attributes }) });
  const parse = createParser(config.format);
  const metrics = configs.map((one) => createMetric(one, config.format));
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
    if (found !== undefined) fault(`${source.json_path} is no text.`);
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
      const fault = (message: string): void => void faults.push(message);
      const json = isJson ? jsonOf(text) : undefined;
      const reading = { time, json, table: tableIn(text, json, fault), fault };
      const points = new Map<
        string,
        { template: Omit<MetricData, 'dataPoints'>; dataPoints: DataPoint<number | bigint>[] }
      >();
      for (const metric of metrics) {
        const { name } = metric.template.descriptor;
        let all = points.get(name);
        if (!all) points.set(name, (all = { template: metric.template, dataPoints: [] }));
        all.dataPoints.push(...metric.points(reading));
      }
      const made = [...points.values()]
        .filter(({ dataPoints }) => dataPoints.length > 0)
        .map(({ template, dataPoints }) => ({ ...template, dataPoints }) as MetricData);
      const told = ownMetrics(time, {
        'table.up': 1,
        'table.rows': reading.table?.rows.length,
        'table.faults': faults.length,
      });
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: [...made, ...told] }] }, faults };
    },
    /** What is told when nothing could be read. */
    failed: (time: HrTime): ResourceMetrics => ({
      resource,
      scopeMetrics: [{ scope, metrics: ownMetrics(time, { 'table.up': 0 }) }],
    }),
  };
}

const ownDescriptors = {
  'table.up': { unit: '1', description: '1 if the table could be read.' },
  'table.rows': { unit: '{row}', description: 'How many rows it has.' },
  'table.faults': { unit: '{fault}', description: 'How many of its lines and values could not be understood.' },
} as const;

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new Error(`It is no JSON: ${(error as Error).message}`);
  }
}
