import type { Attributes, DataPoint, HrTime, MetricData, MetricDescriptor } from '@millrace/core';
import { noRecordedValue, pointType, temporality, valueType } from '@millrace/core';
import type { Column, Row, Value } from '@millrace/sql';
import { indexOf } from './columns.ts';
import type { Group } from './groups.ts';
import { createHistogram } from './histogram.ts';
import type { MetricConfig } from './query-schema.ts';
import { createSeriesMap, type Series } from './series.ts';
import { toAny, toDouble, toInt, toText, toTime, ValueError } from './values.ts';

/** One run of the query. */
export interface Run {
  readonly number: number;
  readonly time: HrTime;
  /** Of the run before; of deltas, their start. */
  readonly before: HrTime;
  add(metric: Metric, group: Group, point: DataPoint<unknown>): void;
  /** A value that makes no point. */
  fail(column: string, error: ValueError): void;
  skipped(reason: 'null' | 'duplicate'): void;
}

/** A metric of a query, with what is remembered of its series. */
export interface Metric {
  readonly template: Omit<MetricData, 'dataPoints'>;
  /** Makes the points of a row. The column names must be known: see `bind`. */
  record(row: Row, run: Run): void;
  /** The points that end what this run has not seen. Called when it has seen all rows. */
  end(run: Run): void;
}

export interface Place {
  readonly columns: readonly Column[];
  readonly resourceIndexes: readonly number[];
  groupOf(row: Row): Group;
  readonly typedAttributes: boolean;
}

/** The points of one metric for rows of these columns. Throws a ColumnError where one that the config names is not there. */
export function createMetric(config: MetricConfig, place: Place): Metric {
  const { columns, resourceIndexes, groupOf, typedAttributes } = place;
  const isGauge = config.data_type === 'gauge';
  const isDelta = !isGauge && config.aggregation === 'delta';
  const isMonotonic = config.data_type === 'sum' && config.monotonic;
  const attributeIndexes = (config.attribute_columns ?? []).map((name) => ({ name, index: indexOf(columns, name) }));
  const keys = [...resourceIndexes, ...attributeIndexes.map(({ index }) => index)];
  const optional = (name: string | undefined) => (name === undefined ? undefined : indexOf(columns, name));
  const [timeIndex, startIndex] = [optional(config.ts_column), optional(config.start_ts_column)];
  const condition = config.row_condition && {
    index: indexOf(columns, config.row_condition.column),
    value: config.row_condition.value,
  };
  const histogram = config.histogram && createHistogram(config.histogram, columns);
  const read: (value: Exclude<Value, null>) => number | bigint = config.value_type === 'int' ? toInt : toDouble;
  const valueNames = config.value_columns ?? (config.value_column === undefined ? [] : [config.value_column]);
  const values = histogram
    ? [{ name: config.metric_name, index: -1, series: createSeriesMap(keys) }]
    : valueNames.map((name) => ({ name, index: indexOf(columns, name), series: createSeriesMap(keys) }));
  const template = templateOf(config);

  function attributesOf(row: Row, name: string): Attributes {
    const attributes: Record<string, Attributes[string]> = { ...config.static_attributes };
    for (const { name: key, index } of attributeIndexes) {
      const value = row[index]!;
      if (value !== null) attributes[key] = typedAttributes ? toAny(value, columns[index]!) : toText(value);
    }
    if (config.value_columns && config.value_attribute !== undefined) attributes[config.value_attribute] = name;
    return Object.freeze(attributes);
  }

  const newSeries = (row: Row, name: string, { time }: Run): Series => ({
    attributes: attributesOf(row, name),
    group: groupOf(row),
    seen: -1,
    startTime: time,
    endTime: time,
    value: undefined,
  });

  function valueOf(row: Row, index: number, run: Run): unknown {
    if (histogram) return histogram(row);
    const value = row[index]!;
    if (value !== null) return read(value);
    if (config.null === 'zero') return 0;
    if (config.null === 'error') throw new ValueError('it is NULL');
    run.skipped('null');
    return undefined;
  }

  function timeOf(row: Row, index: number | undefined, fallback: HrTime): HrTime {
    const value = index === undefined ? null : row[index]!;
    return value === null ? fallback : toTime(value);
  }

  function startOf(series: Series, value: unknown, run: Run): HrTime {
    if (isDelta) return run.before;
    // A counter that has fallen began anew, at some time since it was seen last.
    if (isMonotonic && series.value !== undefined && (value as number | bigint) < series.value)
      series.startTime = series.endTime;
    return series.startTime;
  }

  return {
    template,
    record(row, run) {
      if (condition) {
        const value = row[condition.index]!;
        if (value === null || toText(value) !== condition.value) return;
      }
      for (const { name, index, series: map } of values) {
        try {
          const value = valueOf(row, index, run);
          if (value === undefined) continue;
          const series = map.of(row) ?? map.add(row, newSeries(row, name, run));
          if (series.seen === run.number && timeIndex === undefined) {
            run.skipped('duplicate');
            continue;
          }
          const startTime = startIndex === undefined ? startOf(series, value, run) : timeOf(row, startIndex, run.time);
          const endTime = timeIndex === undefined ? run.time : timeOf(row, timeIndex, run.time);
          series.seen = run.number;
          series.endTime = endTime;
          if (isMonotonic) series.value = value as number | bigint;
          run.add(this, series.group, { startTime, endTime, attributes: series.attributes, value });
        } catch (error) {
          if (!(error instanceof ValueError)) throw error;
          run.fail(name, error);
        }
      }
    },
    end(run) {
      for (const { series: map } of values)
        for (const { group, attributes, startTime } of map.takeUnseen(run.number))
          run.add(this, group, { startTime, endTime: run.time, attributes, value: undefined, flags: noRecordedValue });
    },
  };
}

function templateOf(config: MetricConfig): Omit<MetricData, 'dataPoints'> {
  const { metric_name: name, description, unit, aggregation, monotonic: isMonotonic, data_type: type } = config;
  const descriptor: MetricDescriptor = Object.freeze({
    name,
    description,
    unit,
    valueType: valueType[config.value_type],
  });
  if (type === 'gauge') return { descriptor, dataPointType: pointType.gauge };
  const aggregationTemporality = temporality[aggregation];
  const template =
    type === 'sum'
      ? { descriptor, dataPointType: pointType.sum, aggregationTemporality, isMonotonic }
      : { descriptor, dataPointType: pointType.histogram, aggregationTemporality };
  return template;
}
