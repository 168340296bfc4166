/** Label names and values. The name of the metric is not among them; an empty value is the same as none, and left out. */
export type Labels = Readonly<Record<string, string>>;

/** What `# TYPE` says. `unknown` is `untyped` in the Prometheus text format. */
export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'unknown';

/** What a sample belongs to, as the page says it: `http_requests_total`, `{ code: '200' }`. */
export interface Series {
  readonly name: string;
  readonly labels: Labels;
}

export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  /** Milliseconds since the epoch, where the page says it. */
  readonly timeMs?: number | undefined;
}

/** What few samples have. */
export interface Extra {
  /** Milliseconds since the epoch. The page's own time of this sample. */
  readonly timeMs?: number | undefined;
  /** Only in OpenMetrics. */
  readonly exemplar?: Exemplar | undefined;
}

/** Where a parser puts what it reads, in the order of the page. What it throws comes out of `push`, and ends the page. */
export interface Sink<T> {
  /**
   * A series that is not remembered: one that was not in the last page. What is returned stands for it from now on, for as
   * long as each page has it. So what follows from name and labels alone (relabelling, attributes) is done here, once.
   * With undefined, its samples are skipped, but counted.
   */
  series(series: Series): T | undefined;
  /** `value` is a float64, as every value of a page is; it may be NaN or infinite. */
  sample(target: T, value: number, extra: Extra | undefined): void;
  /** The page failed after `series` was asked for this: it is as if it had not been, and will not be among those gone. */
  undo?(target: T): void;
  type?(family: string, type: MetricType): void;
  help?(family: string, text: string): void;
  /** Only in OpenMetrics: `seconds`. */
  unit?(family: string, unit: string): void;
}
