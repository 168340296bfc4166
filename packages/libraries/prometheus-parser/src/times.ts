import type { HrTime } from '@millrace/core';

/** Not known. */
export const noTime: HrTime = Object.freeze([0, 0] as const);

/** Of seconds since the epoch as a float64 has them: it is exact to less than a microsecond. Undefined if that is no time. */
export function timeOfSeconds(seconds: number): HrTime | undefined {
  if (!(seconds > 0 && seconds < 1e11)) return undefined;
  const whole = Math.floor(seconds);
  const nanos = Math.round((seconds - whole) * 1e6) * 1000;
  return nanos === 1e9 ? [whole + 1, 0] : [whole, nanos];
}
