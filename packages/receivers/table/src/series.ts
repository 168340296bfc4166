import type { Attributes, DataPoint, HrTime } from '@millrace/core';
import { noRecordedValue } from '@millrace/core';

interface Series {
  readonly attributes: Attributes;
  startTime: HrTime;
  /** Of the last point. */
  time: HrTime;
  value: number | bigint;
}

export interface SeriesOptions {
  /** What falls began anew. */
  readonly isCounter: boolean;
  attributesOf(values: readonly (string | undefined)[]): Attributes;
}

/** The series of one metric, from reading to reading, told apart by the values of their attributes. */
export interface SeriesMap {
  begin(time: HrTime): SeriesRun;
}

export interface SeriesRun {
  /** Undefined if there was one of these attributes already. */
  point(values: readonly (string | undefined)[], value: number | bigint): DataPoint<number | bigint> | undefined;
  /** The ends of those that had no point this time. */
  end(): readonly DataPoint<number | bigint>[];
}

export function createSeriesMap({ isCounter, attributesOf }: SeriesOptions): SeriesMap {
  const all = new Map<string, Series>();

  function startOf(series: Series, value: number | bigint): HrTime {
    // It began anew at some time since it was read last.
    if (isCounter && value < series.value) return series.time;
    return series.startTime;
  }

  return {
    begin: (time) => ({
      point(values, value) {
        const key = values.length === 1 ? (values[0] ?? '') : JSON.stringify(values);
        let series = all.get(key);
        if (series?.time === time) return undefined;
        if (series) series.startTime = startOf(series, value);
        else all.set(key, (series = { attributes: attributesOf(values), startTime: time, time, value }));
        series.time = time;
        series.value = value;
        return { startTime: series.startTime, endTime: time, attributes: series.attributes, value };
      },
      end() {
        const ended: DataPoint<never>[] = [];
        for (const [key, { attributes, startTime, time: last }] of all) {
          if (last === time) continue;
          all.delete(key);
          ended.push({ startTime, endTime: time, attributes, value: undefined, flags: noRecordedValue });
        }
        return ended;
      },
    }),
  };
}
