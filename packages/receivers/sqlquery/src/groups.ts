import type {
  Attributes,
  DataPoint,
  LogRecord,
  MetricData,
  Resource,
  ResourceLogs,
  ResourceMetrics,
  Scope,
} from '@millrace/core';
import type { Column, Row } from '@millrace/sql';
import { indexOf } from './columns.ts';
import type { Metric } from './metric.ts';
import { toAny, toText } from './values.ts';

/** A resource, and what waits to be handed on for it. */
export interface Group {
  readonly resource: Resource;
  /** The run that has seen it last. */
  seen: number;
  readonly points: Map<Metric, DataPoint<unknown>[]>;
  readonly records: LogRecord[];
}

export interface Groups {
  /** Of the columns that make the resource: of rows of these columns from now on. Throws a ColumnError. */
  bind(columns: readonly Column[]): readonly number[];
  of(row: Row): Group;
  addRecord(group: Group, record: LogRecord): void;
  takeMetrics(): ResourceMetrics[];
  /** In the order of their first records, whatever there was before: the same rows come to the same. */
  takeLogs(): ResourceLogs[];
  /** Forgets those that this run has not seen. */
  forgetUnseen(run: number): void;
}

export const scope: Scope = Object.freeze({ name: '@millrace/receiver-sqlquery' });

interface GroupsOptions {
  /** The target's. */
  readonly attributes: Attributes;
  readonly columnNames: readonly string[];
  readonly typedAttributes: boolean;
}

export function createGroups({ attributes, columnNames, typedAttributes }: GroupsOptions): Groups {
  const own: Resource = Object.freeze({ attributes });
  const groups = new Map<string, Group>();
  let bound: readonly { readonly name: string; readonly index: number; readonly column: Column }[] = [];
  const group = (resource: Resource): Group => ({ resource, seen: -1, points: new Map(), records: [] });
  const only = group(own);
  /** Those that have records. */
  const logged: Group[] = [];

  function resourceOf(row: Row): Resource {
    const more: Record<string, Attributes[string]> = {};
    for (const { name, index, column } of bound) {
      const value = row[index]!;
      if (value !== null) more[name] = typedAttributes ? toAny(value, column) : toText(value);
    }
    return Object.freeze({ attributes: Object.freeze({ ...attributes, ...more }) });
  }

  const all = (): Iterable<Group> => (columnNames.length === 0 ? [only] : groups.values());

  return {
    bind(columns) {
      bound = columnNames.map((name) => {
        const index = indexOf(columns, name);
        return { name, index, column: columns[index]! };
      });
      return bound.map(({ index }) => index);
    },
    of(row) {
      if (bound.length === 0) return only;
      const key = JSON.stringify(bound.map(({ index }) => (row[index] === null ? null : toText(row[index]!))));
      let found = groups.get(key);
      if (!found) groups.set(key, (found = group(resourceOf(row))));
      return found;
    },
    addRecord(to, record) {
      if (to.records.length === 0) logged.push(to);
      to.records.push(record);
    },
    takeMetrics() {
      const taken: ResourceMetrics[] = [];
      for (const { resource, points } of all()) {
        if (points.size === 0) continue;
        const metrics = [...points].map(([{ template }, dataPoints]) => ({ ...template, dataPoints }) as MetricData);
        points.clear();
        taken.push({ resource, scopeMetrics: [{ scope, metrics }] });
      }
      return taken;
    },
    takeLogs() {
      return logged.splice(0).map(({ resource, records }) => ({
        resource,
        scopeLogs: [{ scope, logRecords: records.splice(0) }],
      }));
    },
    forgetUnseen(run) {
      for (const [key, { seen }] of groups) if (seen !== run) groups.delete(key);
    },
  };
}
