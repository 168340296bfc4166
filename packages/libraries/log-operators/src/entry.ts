import type { AnyValue, Attributes, HrTime } from '@millrace/core';

/** A log entry on its way through operators, which change it in place. */
export interface Entry {
  body: AnyValue;
  /** The entry's own object. */
  attributes: Record<string, AnyValue>;
  /** Shared between entries: replaced, never changed. */
  resource: Attributes;
  time?: HrTime | undefined;
  severityNumber?: number | undefined;
  severityText?: string | undefined;
  scopeName?: string | undefined;
  traceId?: string | undefined;
  spanId?: string | undefined;
  flags?: number | undefined;
  /** Where it was in its source, in whatever the source counts. */
  readonly start: number;
  readonly end: number;
  /** The entries whose texts were joined in this one, this one among them. */
  joined?: readonly Entry[];
}

export type Range = readonly [start: number, end: number];

/** What of the source these entries are made of, in order, neighbours as one. */
export function rangesOf(entries: readonly Entry[]): Range[] {
  const ranges = entries
    .flatMap(
      (entry): Range[] => entry.joined?.map(({ start, end }): Range => [start, end]) ?? [[entry.start, entry.end]],
    )
    .sort(([a], [b]) => a - b);
  const whole: Range[] = [];
  for (const [start, end] of ranges) {
    const last = whole.at(-1);
    if (last && last[1] >= start) whole[whole.length - 1] = [last[0], Math.max(last[1], end)];
    else whole.push([start, end]);
  }
  return whole;
}

export type ValueMap = Record<string, AnyValue>;

export const isMap = (value: AnyValue | undefined): value is ValueMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
