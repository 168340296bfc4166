import { parseWindow, QueryError, type Window } from '@millrace/pyroscope-client';
import type { SourceOptions } from './options.ts';
import { usage } from './problem.ts';

/** Those that Pyroscope is asked for: the one before, if there is one, and the one that is meant. */
export function windowsOf(options: SourceOptions, now: number): readonly Window[] {
  const { pyroscope, from = 'now-1h', until = 'now', baseFrom, baseUntil } = options;
  if (pyroscope === undefined) return [];
  const [fromTime, untilTime] = [
    { name: '--from', text: from },
    { name: '--until', text: until },
  ];
  try {
    const window = parseWindow(fromTime, untilTime, now);
    if (baseFrom === undefined) return [window];
    const baseUntilTime = { name: '--base-until', text: baseUntil ?? from };
    return [parseWindow({ name: '--base-from', text: baseFrom }, baseUntilTime, now), window];
  } catch (error) {
    throw error instanceof QueryError ? usage(error.message) : error;
  }
}
