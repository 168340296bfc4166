import type { Attributes, DataPoint, HrTime, MetricData, ResourceMetrics } from '@millrace/core';
import { hrTime, pointType, temporality, valueType } from '@millrace/core';
import { scope } from './groups.ts';

/** How the queries of one target do, as metrics of its resource. */
export interface Status {
  ran(query: string, result: { readonly durationMs: number; readonly rows: number | undefined }): void;
  failed(query: string): void;
  /** The number of `isUp` is sqlquery.up. */
  collect(isUp: boolean, time: number): ResourceMetrics;
}

interface OfQuery {
  readonly attributes: Attributes;
  durationMs: number | undefined;
  rows: number | undefined;
  errors: number;
}

const int = valueType.int;
const up = {
  name: 'sqlquery.up',
  description: 'Whether the database could be reached: 1, or 0.',
  unit: '{database}',
  valueType: int,
};
const duration = {
  name: 'sqlquery.query.duration',
  description: 'How long the query took the last time, until its last row was handed on or it failed.',
  unit: 's',
  valueType: valueType.double,
};
const rows = {
  name: 'sqlquery.query.rows',
  description: 'How many rows the query gave the last time; absent if it failed.',
  unit: '{row}',
  valueType: int,
};
const errors = {
  name: 'sqlquery.query.errors',
  description: 'How often the query failed.',
  unit: '{error}',
  valueType: int,
};

export function createStatus(attributes: Attributes, names: readonly string[], startedAt: number): Status {
  const resource = { attributes };
  const startTime = hrTime(startedAt);
  const none: Attributes = Object.freeze({});
  const queries = new Map<string, OfQuery>(
    names.map((name) => [
      name,
      { attributes: Object.freeze({ 'sqlquery.query': name }), durationMs: undefined, rows: undefined, errors: 0 },
    ]),
  );

  return {
    ran(query, { durationMs, rows: count }) {
      const own = queries.get(query)!;
      own.durationMs = durationMs;
      own.rows = count;
    },
    failed: (query) => void queries.get(query)!.errors++,
    collect(isUp, now) {
      const endTime: HrTime = hrTime(now);
      const point = (value: number, own: Attributes): DataPoint<number> => ({
        startTime,
        endTime,
        attributes: own,
        value,
      });
      const pointsOf = (value: (own: OfQuery) => number | undefined): DataPoint<number>[] =>
        [...queries.values()].flatMap((own) => {
          const known = value(own);
          return known === undefined ? [] : [point(known, own.attributes)];
        });
      const metrics: MetricData[] = [
        { descriptor: up, dataPointType: pointType.gauge, dataPoints: [point(isUp ? 1 : 0, none)] },
        {
          descriptor: duration,
          dataPointType: pointType.gauge,
          dataPoints: pointsOf(({ durationMs }) => (durationMs === undefined ? undefined : durationMs / 1000)),
        },
        { descriptor: rows, dataPointType: pointType.gauge, dataPoints: pointsOf((own) => own.rows) },
        {
          descriptor: errors,
          dataPointType: pointType.sum,
          aggregationTemporality: temporality.cumulative,
          isMonotonic: true,
          dataPoints: pointsOf((own) => own.errors),
        },
      ];
      return {
        resource,
        scopeMetrics: [{ scope, metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0) }],
      };
    },
  };
}
