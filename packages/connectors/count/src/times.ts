import type { Clock, HrTime } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { Window } from './counter.ts';

/**
 * Windows that follow each other without a gap: each begins where the one before it ended, the first now. Two in the same
 * millisecond are a nanosecond apart, since a delta needs a time of its own.
 */
export function windows(clock: Clock): () => Window {
  let last = hrTime(clock.now());
  return () => {
    const startTime = last;
    const now = hrTime(clock.now());
    last = isAfter(now, startTime) ? now : nanosecondAfter(startTime);
    return { startTime, endTime: last };
  };
}

const isAfter = (one: HrTime, other: HrTime): boolean =>
  one[0] > other[0] || (one[0] === other[0] && one[1] > other[1]);

const nanosecondAfter = ([seconds, nanos]: HrTime): HrTime =>
  nanos === 999_999_999 ? [seconds + 1, 0] : [seconds, nanos + 1];
