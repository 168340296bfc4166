/** The series of a profile, and its time in nanoseconds; the result is the time that it is sent with. */
export type TimeOf = (series: string, nanos: bigint) => bigint;

const millisecond = 1_000_000n;
const mostSeries = 10_000;
/** Of one series. */
const mostTimes = 64;

/**
 * Pyroscope keeps one profile of a series in each millisecond, and forgets the others with status 200 (1.12, seen). So a profile
 * whose millisecond is taken gets the next that is free.
 */
export function createTimes(): TimeOf {
  const known = new Map<string, bigint[]>();
  return (series, nanos) => {
    const taken = known.get(series) ?? [];
    let time = nanos;
    while (taken.includes(time / millisecond)) time = (time / millisecond + 1n) * millisecond;
    taken.push(time / millisecond);
    if (taken.length > mostTimes) taken.shift();
    // Those that are used last stay longest.
    known.delete(series);
    known.set(series, taken);
    if (known.size > mostSeries) known.delete(known.keys().next().value!);
    return time;
  };
}
