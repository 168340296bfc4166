import type { Attributes, DataPoint, HrTime } from '@millrace/core';
import { logsBatch, metricsBatch, originMetadata } from '@millrace/core';
import type { Column, Row } from '@millrace/sql';
import { ColumnError } from './columns.ts';
import { createGroups, type Group } from './groups.ts';
import { createLogRecord } from './log-record.ts';
import { createMetric, type Metric, type Run } from './metric.ts';
import type { Handing } from './position.ts';
import type { QueryConfig } from './query-schema.ts';
import type { ValueError } from './values.ts';

/** Points are handed on in batches of about so many. */
const pointsAtOnce = 10_000;

/** What the values of one run came to that made no point or record. */
export interface Losses {
  nulls: number;
  duplicates: number;
  wrong: number;
  /** The first, with its column and row. */
  firstWrong: string | undefined;
}

/** Makes batches of a query's rows. What it remembers from run to run is the series. */
export interface RowReader {
  /** Of rows with these columns. */
  begin(columns: readonly Column[], time: HrTime): RowsOfRun;
}

export interface RowsOfRun {
  readonly losses: Losses;
  /** What of the config these columns lack. */
  readonly errors: readonly ColumnError[];
  /** The points of these rows that should be handed on now. */
  points(rows: readonly Row[]): ReturnType<typeof metricsBatch> | undefined;
  /** Their log records; with a handing, as they were made the first time. */
  records(rows: readonly Row[], handing?: Handing): ReturnType<typeof logsBatch> | undefined;
  /** All rows have been seen: the rest, with the ends of the series that are gone. */
  end(): ReturnType<typeof metricsBatch> | undefined;
}

interface Bound {
  readonly signature: string;
  readonly metrics: readonly Metric[];
  readonly logs: readonly ReturnType<typeof createLogRecord>[];
  readonly errors: readonly ColumnError[];
}

export function createRowReader(query: QueryConfig, attributes: Attributes): RowReader {
  const {
    metrics = [],
    logs = [],
    resource_attribute_columns: columnNames = [],
    typed_attributes: typedAttributes,
  } = query;
  const groups = createGroups({ attributes, columnNames, typedAttributes });
  let bound: Bound | undefined;
  let runs = 0;
  let before: HrTime | undefined;

  function bind(columns: readonly Column[], signature: string): Bound {
    const errors: ColumnError[] = [];
    const bindAll = <C, B>(configs: readonly C[], bindOne: (config: C) => B): B[] =>
      configs.flatMap((config) => {
        try {
          return [bindOne(config)];
        } catch (error) {
          if (!(error instanceof ColumnError)) throw error;
          errors.push(error);
          return [];
        }
      });
    const [resourceIndexes] = bindAll([columnNames], () => groups.bind(columns));
    if (!resourceIndexes) return { signature, metrics: [], logs: [], errors };
    const place = { columns, resourceIndexes, groupOf: groups.of, typedAttributes };
    return {
      signature,
      metrics: bindAll(metrics, (config) => createMetric(config, place)),
      logs: bindAll(logs, (config) => createLogRecord(config, columns, typedAttributes ? 'typed' : 'text')),
      errors,
    };
  }

  return {
    begin(columns, time) {
      const number = ++runs;
      const losses: Losses = { nulls: 0, duplicates: 0, wrong: 0, firstWrong: undefined };
      let points = 0;
      let [row, logRow] = [0, 0];
      const fail = (column: string, at: number, { message }: ValueError): void => {
        losses.wrong++;
        losses.firstWrong ??= `column ${column}, row ${at}: ${message}`;
      };
      const run: Run = {
        number,
        time,
        before: before ?? time,
        add(metric, group: Group, point: DataPoint<unknown>) {
          group.seen = number;
          const own = group.points.get(metric);
          if (own) own.push(point);
          else group.points.set(metric, [point]);
          points++;
        },
        skipped: (reason) => void losses[reason === 'null' ? 'nulls' : 'duplicates']++,
        fail: (column, error) => fail(column, row, error),
      };
      const failLog = (column: string, error: ValueError): void => fail(column, logRow, error);
      const signature = JSON.stringify(columns.map(({ name, kind }) => [name, kind]));
      if (bound?.signature !== signature) {
        // Other columns than before: what there was is over.
        for (const metric of bound?.metrics ?? []) metric.end(run);
        bound = bind(columns, signature);
      }
      const { metrics: ownMetrics, logs: ownLogs, errors } = bound;
      const take = () => {
        points = 0;
        const taken = groups.takeMetrics();
        return taken.length === 0 ? undefined : metricsBatch(taken);
      };
      return {
        losses,
        errors,
        points(rows) {
          if (ownMetrics.length === 0) return undefined;
          for (const one of rows) {
            row++;
            for (const metric of ownMetrics) metric.record(one, run);
          }
          return points >= pointsAtOnce ? take() : undefined;
        },
        records(rows, handing) {
          if (ownLogs.length === 0) return undefined;
          for (const one of rows) {
            logRow++;
            const group = groups.of(one);
            group.seen = number;
            for (const record of ownLogs) {
              const made = record(one, handing?.time ?? time, failLog);
              if (made) groups.addRecord(group, made);
            }
          }
          const taken = groups.takeLogs();
          return taken.length === 0 ? undefined : logsBatch(taken, handing && originMetadata(handing.origin));
        },
        end() {
          for (const metric of ownMetrics) metric.end(run);
          before = time;
          const taken = take();
          groups.forgetUnseen(number);
          return taken;
        },
      };
    },
  };
}
