/** What a batch becomes: the data of Datadog's series and sketches payloads, still without an encoding. */

export interface Point {
  /** Whole seconds since the epoch. */
  readonly timestamp: number;
  readonly value: number;
}

export interface Series {
  readonly metric: string;
  readonly type: 'count' | 'rate' | 'gauge';
  /** A unit name of Datadog's; undefined where it has none for the metric's unit. */
  readonly unit: string | undefined;
  /** Seconds that a point covers; only of counts and rates, where known. */
  readonly interval: number | undefined;
  readonly points: readonly Point[];
  /** `key:value`. The same array for series with the same attributes of the same resource; do not change it. */
  readonly tags: readonly string[];
  /** Undefined: data that belongs to no host. */
  readonly host: string | undefined;
}

export interface SketchPoint {
  /** Whole seconds since the epoch. */
  readonly timestamp: number;
  readonly sketch: Sketch;
}

export interface SketchSeries {
  readonly metric: string;
  readonly unit: string | undefined;
  readonly points: readonly SketchPoint[];
  readonly tags: readonly string[];
  readonly host: string | undefined;
}

/**
 * The DDSketch variant of the Datadog Agent: relative error 1/128, smallest value 1e-9, at most 4096 bins. Key 0 holds the
 * zeros, key k > 0 the values around 1.015625^(k - 1338), key -k the same below zero.
 */
export interface Sketch {
  /** Whole. The sum of `counts`, unless the histogram contradicted itself. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly average: number;
  /** Ascending, -32767 to 32767. A key may come twice: a bin holds at most 65535. */
  readonly keys: readonly number[];
  /** As many as keys, 1 to 65535 each. */
  readonly counts: readonly number[];
}

export interface Mapped {
  readonly series: readonly Series[];
  readonly sketches: readonly SketchSeries[];
}
