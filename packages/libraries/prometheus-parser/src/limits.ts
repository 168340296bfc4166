/** What a page may have at most. More is a `PageError` of the kind `limit`. */
export interface Limits {
  /** Bytes of a page. The memory that a parser takes is a small multiple of this. Default: 256 MiB. */
  readonly pageBytes: number;
  /** Bytes of a line. Default: 1 MiB. */
  readonly lineBytes: number;
  /** Labels of a series. Default: 256. */
  readonly labels: number;
  /** Samples of a page, without those whose names are not wanted. Default: 5,000,000. */
  readonly samples: number;
}

export const defaultLimits: Limits = {
  pageBytes: 256 * 1024 * 1024,
  lineBytes: 1024 * 1024,
  labels: 256,
  samples: 5_000_000,
};
