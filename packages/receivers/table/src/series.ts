import type { Attributes, DataPoint, HrTime } from '@millrace/core';
import { attributesKey, noRecordedValue } from '@millrace/core';

interface Series {
  readonly attributes: Attributes;
  startTime: HrTime;
  /** Of the last point. */
  time: HrTime;
  value: number | bigint;
  /** Who made it. */
  source: object;
}

/** The series of one name, from reading to reading, told apart by their attributes. */
export interface SeriesMap {
  begin(time: HrTime): SeriesRun;
}

/** Undefined if there was one of these attributes already. */
export type MakePoint = (attributes: Attributes, value: number | bigint) => DataPoint<number | bigint> | undefined;

export interface SeriesRun {
  /** For one of those who make series of this name. */
  from(source: object): MakePoint;
  /** The ends of those that had no point this time, but of nobody who was not there: nobody knows what of it is gone. */
  end(): readonly DataPoint<number | bigint>[];
}

/** What of a counter falls began anew. */
export function createSeriesMap({ isCounter }: { readonly isCounter: boolean }): SeriesMap {
  const all = new Map<string, Series>();

  function startOf(series: Series, value: number | bigint): HrTime {
    // It began anew at some time since it was read last.
    if (isCounter && value < series.value) return series.time;
    return series.startTime;
  }

  return {
    begin(time) {
      const present = new Set<object>();
      return {
        from(source) {
          present.add(source);
          return (attributes, value) => {
            const key = attributesKey(attributes);
            let series = all.get(key);
            if (series?.time === time) return undefined;
            if (series) Object.assign(series, { startTime: startOf(series, value), time, value, source });
            else all.set(key, (series = { attributes, startTime: time, time, value, source }));
            return { startTime: series.startTime, endTime: time, attributes: series.attributes, value };
          };
        },
        end() {
          const ended: DataPoint<never>[] = [];
          for (const [key, { attributes, startTime, time: last, source }] of all) {
            if (last === time || !present.has(source)) continue;
            all.delete(key);
            ended.push({ startTime, endTime: time, attributes, value: undefined, flags: noRecordedValue });
          }
          return ended;
        },
      };
    },
  };
}
