import type { Clock } from '@millrace/core';

/** The clock of a server, as its answers tell it: windows are of its time, whatever the time is here. */
export interface ServerClock {
  /** The server's time, about. */
  now(): number;
  /** The time here. */
  local(): number;
  /** An answer said the server's time, cut to a second; it was asked for at this time here. */
  heard(answer: { readonly dateMs: number | undefined; readonly askedAt: number }): void;
}

export function serverClock(clock: Clock): ServerClock {
  let skewMs = 0;
  return {
    now: () => clock.now() + skewMs,
    local: () => clock.now(),
    heard({ dateMs, askedAt }) {
      if (dateMs === undefined) return;
      // The answer was made between then and now, in the second that it says.
      const least = dateMs - clock.now();
      const most = dateMs + 1000 - askedAt;
      if (least <= most) skewMs = Math.min(Math.max(skewMs, least), most);
      else skewMs = least;
    },
  };
}
