import type { Attributes, MetricData } from '@millrace/core';
import { attributesKey } from '@millrace/core';
import type { Aggregation } from './group.ts';
import { aggregationOf } from './group.ts';

/** A series by its name and attributes, whoever has it: processes share these. */
export interface Column {
  readonly name: string;
  readonly attributes: Attributes;
  readonly key: string;
  /** Undefined: not summed. */
  readonly aggregation: Aggregation | undefined;
}

const keys = new WeakMap<Attributes, string>();
const columns = new WeakMap<Attributes, Map<string, Column>>();

/** The same text for the same attributes. */
export function keyOf(attributes: Attributes): string {
  let key = keys.get(attributes);
  if (key === undefined) keys.set(attributes, (key = attributesKey(attributes)));
  return key;
}

export function columnOf(metric: MetricData, attributes: Attributes): Column {
  const { name } = metric.descriptor;
  const aggregation = aggregationOf(metric);
  let byName = columns.get(attributes);
  if (!byName) columns.set(attributes, (byName = new Map()));
  let column = byName.get(name);
  if (column?.aggregation !== aggregation) column = undefined;
  if (!column) byName.set(name, (column = { name, attributes, key: keyOf(attributes), aggregation }));
  return column;
}

export const isOf = (column: Column, name: string, attributes: Attributes): boolean =>
  column.name === name && (column.attributes === attributes || column.key === keyOf(attributes));
