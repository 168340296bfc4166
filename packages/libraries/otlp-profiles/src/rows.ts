import { createSequences } from '@millrace/pprof';

/** A table of OTLP's dictionary: each row once. Row 0 is there from the start, and says that there is none. */
export interface Rows {
  readonly count: number;
  /** The index of the first `length` words; never 0. */
  intern(words: Uint32Array, length: number): number;
  /** The words of a row; none of row 0. */
  at(index: number): Uint32Array;
}

export function createRows(): Rows {
  const rows = createSequences();
  const none = new Uint32Array();
  return {
    get count() {
      return rows.count + 1;
    },
    intern: (words, length) => rows.intern(words, 0, length) + 1,
    at: (index) => (index === 0 ? none : rows.at(index - 1)),
  };
}
