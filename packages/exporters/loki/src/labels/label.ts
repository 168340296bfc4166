import { clipped } from '../clip.ts';
import type { Limits } from '../config.ts';

/** A label as it was chosen. */
export interface Label {
  readonly name: string;
  readonly value: string;
  /** The attribute that it is, which need not be said again beside it. Undefined for what is made of others. */
  readonly of?: { readonly from: 'resource' | 'attributes'; readonly key: string } | undefined;
}

export type Pair = readonly [name: string, value: string];

/** Labels as a stream can have them, and those that it cannot. */
export interface Fitted {
  readonly labels: readonly Pair[];
  /** The attributes that are labels, whole. */
  readonly shown: readonly NonNullable<Label['of']>[];
  /** What is no label, or only the start of it, and no attribute either. */
  readonly moved: readonly Pair[];
  /** Why labels were changed. */
  readonly reasons: readonly Reason[];
}

export type Reason = 'max_streams' | 'max_label_names_per_series' | 'label_name_too_long' | 'label_value_too_long';

/** A stream must have a label. This is what Loki itself calls those of whom it knows nothing. */
export const unnamed: readonly Pair[] = [['service_name', 'unknown_service']];

/**
 * The labels that Loki takes: the first of each name, as many as it allows, values cut to their length; none of those that
 * are `barred`. What Loki calls a stream without any, if nothing is left.
 */
export function fitted(chosen: readonly Label[], limits: Limits, barred: ReadonlySet<string>): Fitted {
  const labels: Pair[] = [];
  const shown: NonNullable<Label['of']>[] = [];
  const moved: Pair[] = [];
  const reasons = new Set<Reason>();
  const names = new Set<string>();
  const move = ({ name, value, of }: Label, reason: Reason | undefined): void => {
    if (!of) moved.push([name, value]);
    if (reason) reasons.add(reason);
  };
  for (const label of chosen) {
    const { name, value, of } = label;
    if (value === '') continue;
    if (names.has(name)) move(label, undefined);
    else if (barred.has(name)) move(label, 'max_streams');
    else if (limits.max_label_name_length > 0 && name.length > limits.max_label_name_length)
      move(label, 'label_name_too_long');
    else if (limits.max_label_names_per_series > 0 && labels.length >= limits.max_label_names_per_series)
      move(label, 'max_label_names_per_series');
    else {
      names.add(name);
      const short = clipped(value, limits.max_label_value_length);
      labels.push([name, short]);
      if (short !== value) move(label, 'label_value_too_long');
      else if (of) shown.push(of);
    }
  }
  if (labels.length === 0) labels.push(...unnamed);
  labels.sort(([a], [b]) => (a < b ? -1 : 1));
  return { labels, shown, moved, reasons: [...reasons] };
}

/** As Loki writes them: `{job="shop", level="INFO"}`. */
export const labelsText = (labels: readonly Pair[]): string =>
  `{${labels.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}}`;

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' };

/** Go's quotes: https://pkg.go.dev/strconv#Quote */
const quoted = (text: string): string =>
  `"${text.replace(
    // oxlint-disable-next-line no-control-regex -- it is these that are escaped.
    /[\u0000-\u001f"\\\u007f]/g,
    (char) => escapes[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )}"`;
