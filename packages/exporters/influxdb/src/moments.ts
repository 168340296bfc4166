import type { HrTime } from '@millrace/core';
import type { Tags } from './line/tags.ts';

/**
 * InfluxDB keeps one line for each series and nanosecond: a second one would take the place of the first. So what has the
 * same series and time as something before it in the batch is put a nanosecond later. The same for the same batch.
 */
export function moments(): (tags: Tags, time: HrTime) => HrTime {
  const taken = new Set<string>();
  return (tags, time) => {
    let [seconds, nanos] = time;
    for (;;) {
      const key = `${seconds} ${nanos}${tags.text}`;
      if (!taken.has(key)) {
        taken.add(key);
        return seconds === time[0] && nanos === time[1] ? time : [seconds, nanos];
      }
      nanos++;
      if (nanos === 1e9) [seconds, nanos] = [seconds + 1, 0];
    }
  };
}
