import type { Part } from './part.ts';

/** How many lines were rejected, by reasons named as Loki's metric `loki_discarded_samples_total` has them. */
export type Rejections = ReadonlyMap<string, number>;

/** What Loki says of a line, and of all lines of a stream: pkg/validation/validate.go, pkg/chunkenc/interface.go */
const ofLine: readonly (readonly [RegExp, string])[] = [
  [/has timestamp too old/, 'greater_than_max_sample_age'],
  [/has timestamp too new/, 'too_far_in_future'],
  [/max entry size/, 'line_too_long'],
  [/but this feature is disallowed/, 'disallowed_structured_metadata'],
  [/has structured metadata too large/, 'structured_metadata_too_large'],
  [/has too many structured metadata labels/, 'structured_metadata_too_many'],
];
const ofStream: readonly (readonly [RegExp, string])[] = [
  [/label names; limit \d+$/, 'max_label_names_per_series'],
  [/has label name too long/, 'label_name_too_long'],
  [/has label value too long/, 'label_value_too_long'],
  [/has duplicate label name/, 'duplicate_label_names'],
  [/missing required labels/, 'missing_enforced_labels'],
  [/error parsing labels|at least one label pair is required/, 'invalid_labels'],
];

/**
 * What a 400 says of single lines while all others were taken; undefined if it says nothing of the kind. Loki counts the
 * errors that are worded alike, and of what its ingesters leave out it tells only of one stream: so it may be more.
 */
export function rejectionsIn(said: string, part: Part): Rejections | undefined {
  const rejections = new Map<string, number>();
  let left = part.lines;
  const count = (reason: string, lines: number): void => {
    const counted = Math.min(left, lines);
    left -= counted;
    if (counted > 0) rejections.set(reason, (rejections.get(reason) ?? 0) + counted);
  };
  for (const [, ignored] of said.matchAll(/total ignored: (\d+) out of \d+ for stream:/g))
    count(/reason: 'entry out of order/.test(said) ? 'out_of_order' : 'too_far_behind', Number(ignored));
  if (rejections.size === 0)
    for (const { text, times } of groups(said)) {
      const line = ofLine.find(([pattern]) => pattern.test(text));
      const stream = ofStream.find(([pattern]) => pattern.test(text));
      if (line) count(line[1], times);
      else if (stream) count(stream[1], linesOf(text, part) * times);
    }
  return rejections.size > 0 ? rejections : undefined;
}

function linesOf(text: string, part: Part): number {
  const stream = /stream '(\{.*\})'/.exec(text)?.[1];
  return (stream === undefined ? undefined : part.linesOf(stream)) ?? 1;
}

/** `3 errors like: …; 1 errors like: …`, or one error alone. */
function groups(said: string): readonly { readonly text: string; readonly times: number }[] {
  const marks = [...said.matchAll(/(?:^|; )(\d+) errors like: /g)];
  if (marks.length === 0) return [{ text: said, times: 1 }];
  return marks.map((mark, index) => ({
    text: said.slice(mark.index + mark[0].length, marks[index + 1]?.index),
    times: Number(mark[1]),
  }));
}
