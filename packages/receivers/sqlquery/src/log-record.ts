import type { AnyValue, Attributes, HrTime, LogRecord } from '@millrace/core';
import type { Column, Row } from '@millrace/sql';
import { indexOf } from './columns.ts';
import type { LogsConfig } from './query-schema.ts';
import { severityOf } from './severity.ts';
import { toAny, toText, toTime, ValueError } from './values.ts';

/**
 * The log record of a row; undefined where its condition says that there is none. Throws a ColumnError where a column that the
 * config names is not there. A time that is none is told, and left out.
 */
export function createLogRecord(
  config: LogsConfig,
  columns: readonly Column[],
  attributeTypes: 'typed' | 'text',
): (row: Row, observedTime: HrTime, fail: (column: string, error: ValueError) => void) => LogRecord | undefined {
  const optional = (name: string | undefined) => (name === undefined ? undefined : indexOf(columns, name));
  const [bodyIndex, timeIndex] = [optional(config.body_column), optional(config.ts_column)];
  const severityIndex = optional(config.severity_column);
  const condition = config.row_condition && {
    index: indexOf(columns, config.row_condition.column),
    value: config.row_condition.value,
  };
  const attributeIndexes = (config.attribute_columns ?? []).map((name) => ({ name, index: indexOf(columns, name) }));
  const fixed: Attributes = Object.freeze({ ...config.static_attributes });

  function attributesOf(row: Row): Attributes {
    if (attributeIndexes.length === 0) return fixed;
    const attributes: Record<string, AnyValue | undefined> = { ...fixed };
    for (const { name, index } of attributeIndexes) {
      const value = row[index]!;
      if (value !== null) attributes[name] = attributeTypes === 'typed' ? toAny(value, columns[index]!) : toText(value);
    }
    return attributes;
  }

  function bodyOf(row: Row): AnyValue {
    if (bodyIndex === undefined)
      return Object.fromEntries(columns.map((column, index) => [column.name, toAny(row[index]!, column)]));
    const value = row[bodyIndex]!;
    return value === null ? null : toText(value);
  }

  function timeOf(row: Row, fail: (column: string, error: ValueError) => void): HrTime | undefined {
    const value = timeIndex === undefined ? null : row[timeIndex]!;
    if (value === null) return undefined;
    try {
      return toTime(value);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      fail(columns[timeIndex!]!.name, error);
      return undefined;
    }
  }

  return (row, observedTime, fail) => {
    if (condition) {
      const value = row[condition.index]!;
      if (value === null || toText(value) !== condition.value) return undefined;
    }
    const time = timeOf(row, fail);
    const severity = severityIndex === undefined ? null : row[severityIndex]!;
    const record: { -readonly [K in keyof LogRecord]: LogRecord[K] } = {
      observedTime,
      body: bodyOf(row),
      attributes: attributesOf(row),
    };
    if (time) record.time = time;
    if (severity !== null) Object.assign(record, severityOf(toText(severity)));
    if (config.event_name !== undefined) record.eventName = config.event_name;
    return record;
  };
}
