import type { Attributes, DataPoint, MetricData } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import type { FormatConfig, MetricConfig } from './config.ts';
import { createReader, type sizes, ValueError } from './decimal.ts';
import { parsePath, valueAt } from './json.ts';
import { type Fault, indexOf, type Table } from './parse.ts';
import type { MakePoint, SeriesRun } from './series.ts';

/** What was read, and what is wrong with it. */
export interface Reading {
  readonly json: unknown;
  /** Undefined if it could not be found. */
  readonly table: Table | undefined;
  readonly fault: Fault;
}

/** A metric of the config: what its points are at each reading. */
export interface Metric {
  readonly template: Omit<MetricData, 'dataPoints'>;
  points(reading: Reading, run: SeriesRun): readonly DataPoint<number | bigint>[];
}

export function createMetric(config: MetricConfig, { absent }: Pick<FormatConfig, 'absent'>): Metric {
  const { column, json_path: path, attributes, static_attributes: fixed, where } = config;
  const names = Object.keys(attributes);
  const attributesOf = (cells: readonly string[], places: readonly number[]): Attributes =>
    Object.freeze({
      ...fixed,
      ...Object.fromEntries(
        names.flatMap((name, index) => {
          const cell = cells[places[index]!];
          return cell === undefined ? [] : [[name, cell]];
        }),
      ),
    });
  const read = createReader(config.scale as number | keyof typeof sizes, config.value_type);
  const part = config.extract === undefined ? undefined : new RegExp(config.extract);
  const conditions = Object.entries(where).map(([name, pattern]) => ({ name, pattern: new RegExp(pattern) }));
  const none = new Set(absent);
  const steps = path === undefined ? undefined : parsePath(path)!;
  const alreadyMade = `a series of ${config.name} that has been made before: attributes must tell them apart.`;

  /** Undefined where there is no value. Throws a ValueError. */
  function valueOf(cell: string | undefined): number | bigint | undefined {
    if (cell === undefined || none.has(cell)) return undefined;
    if (!part) return read(cell);
    const match = part.exec(cell);
    if (!match) throw new ValueError(`${JSON.stringify(cell)} does not match ${part}`);
    return read(match[1] ?? match[0]);
  }

  function* ofTable({ columns, rows }: Table, make: MakePoint, fault: Fault): Generator<DataPoint<number | bigint>> {
    const index = indexOf(columns, column!);
    const places = names.map((name) => indexOf(columns, attributes[name]!));
    const wanted = conditions.map(({ name, pattern }) => ({ index: indexOf(columns, columnOf(name)), pattern }));
    for (const { line, cells } of rows) {
      if (!wanted.every((one) => one.pattern.test(cells[one.index] ?? ''))) continue;
      try {
        const value = valueOf(cells[index]);
        if (value === undefined) continue;
        const point = make(attributesOf(cells, places), value);
        if (point) yield point;
        else fault(`Line ${line} makes ${alreadyMade}`);
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        fault(`Line ${line}, column ${columns[index]}: ${error.message}.`);
      }
    }
  }

  function* ofJson(json: unknown, make: MakePoint, fault: Fault): Generator<DataPoint<number | bigint>> {
    const found = valueAt(json, steps!);
    if (found === undefined) return;
    try {
      if (typeof found !== 'string') throw new ValueError(`${JSON.stringify(found).slice(0, 80)} is no number`);
      const value = valueOf(found);
      if (value === undefined) return;
      const point = make(attributesOf([], []), value);
      if (point) yield point;
      else fault(`${path} makes ${alreadyMade}`);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      fault(`${path}: ${error.message}.`);
    }
  }

  return {
    template: templateOf(config),
    points({ json, table, fault }, run) {
      if (!steps && !table) return [];
      const make = run.from(config);
      try {
        if (steps) return [...ofJson(json, make, fault)];
        return table!.rows.length > 0 ? [...ofTable(table!, make, fault)] : [];
      } catch (error) {
        fault(`${config.name}: ${(error as Error).message}`);
        return [];
      }
    },
  };
}

/** The keys of a map are texts; a column of this number is meant where they are digits. */
const columnOf = (name: string): string | number => (/^\d+$/.test(name) ? Number(name) : name);

function templateOf({ name, unit, description, type, value_type: carried }: MetricConfig): Metric['template'] {
  const descriptor = Object.freeze({ name, unit, description, valueType: valueType[carried] });
  if (type === 'gauge') return { descriptor, dataPointType: pointType.gauge };
  const sum = { aggregationTemporality: temporality.cumulative, isMonotonic: type === 'counter' };
  return { descriptor, dataPointType: pointType.sum, ...sum } as Metric['template'];
}
