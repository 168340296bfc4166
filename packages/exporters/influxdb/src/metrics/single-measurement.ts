import type {
  Attributes,
  DataPoint,
  HrTime,
  MetricData,
  NumberPoint,
  ResourceMetrics,
  ValueType,
} from '@millrace/core';
import { attributesKey, isEnded, pointType, valueType } from '@millrace/core';
import { keyText, measurementText, nameCache } from '../line/escape.ts';
import type { Distribution } from './distribution.ts';
import { figures, steps } from './distribution.ts';
import type { Out, WriteMetrics } from './schema.ts';

const keyOf = nameCache(keyText);

export interface SingleMeasurementConfig {
  readonly measurement: string;
  readonly boolean_fields: readonly string[];
}

interface Field {
  readonly name: string;
  readonly value: number | bigint;
  readonly type: ValueType;
  /** The only one of its point. */
  readonly isPoint: boolean;
}

/** A line in the making. */
interface Row {
  readonly attributes: Attributes;
  readonly time: HrTime;
  readonly fields: Field[];
  /** How many points it stands for. */
  items: number;
}

/**
 * One measurement with a field for each metric: the points of a resource that have the same attributes and time make one
 * line. Resource and point attributes are its tags.
 */
export function singleMeasurement(config: SingleMeasurementConfig): WriteMetrics {
  const measurement = Buffer.from(measurementText(config.measurement));
  const isBoolean: ReadonlySet<string> = new Set(config.boolean_fields);
  return (measured, out) => {
    const { lines } = out;
    const tags = out.tags.of(measured.resource.attributes);
    for (const { attributes, time, fields, items } of rowsOf(measured, out)) {
      lines.begin(measurement, tags(attributes).bytes);
      let left = items;
      for (const { name, value, type, isPoint } of fields) {
        const key = keyOf(name);
        if (isBoolean.has(name) && !Number.isNaN(value)) lines.boolean(key, Number(value) !== 0);
        else if (!lines.number(key, value, type) && isPoint) {
          out.drop(1, 'value_not_allowed');
          left--;
        }
      }
      lines.end(time, left);
    }
  };
}

function rowsOf({ scopeMetrics }: ResourceMetrics, { drop }: Out): Iterable<Row> {
  const rows: Row[] = [];
  // Points mostly share their attributes objects; those that are the same otherwise meet under their key.
  const byAttributes = new Map<Attributes, Row[]>();
  const byKey = new Map<string, Row[]>();
  const rowOf = ({ attributes, endTime }: DataPoint<unknown>): Row => {
    let same = byAttributes.get(attributes);
    if (!same) {
      const key = attributesKey(attributes);
      same = byKey.get(key) ?? [];
      byKey.set(key, same);
      byAttributes.set(attributes, same);
    }
    let row = same.find(({ time }) => time[0] === endTime[0] && time[1] === endTime[1]);
    if (!row) {
      row = { attributes, time: endTime, fields: [], items: 0 };
      same.push(row);
      rows.push(row);
    }
    row.items++;
    return row;
  };
  for (const { metrics } of scopeMetrics)
    for (const metric of metrics) {
      if (metric.descriptor.name === '') {
        drop(metric.dataPoints.length, 'no_name');
        continue;
      }
      for (const point of metric.dataPoints as readonly DataPoint<unknown>[])
        if (!isEnded(point)) rowOf(point).fields.push(...fieldsOf(metric, point));
    }
  return rows;
}

function fieldsOf({ descriptor, dataPointType }: MetricData, point: DataPoint<unknown>): Field[] {
  const { name, valueType: type } = descriptor;
  if (dataPointType === pointType.gauge || dataPointType === pointType.sum)
    return [{ name, value: (point as NumberPoint).value!, type, isPoint: true }];
  const value = point.value as Distribution;
  return [...figures(value), ...steps(value)].map(([part, figure]) => ({
    name: `${name}_${part}`,
    value: figure,
    type: valueType.double,
    isPoint: false,
  }));
}
