import type { Exemplar } from '@millrace/core';
import { compareTimes } from '@millrace/core';
import { attributeLabels, fixedLabels } from './labels.ts';
import type { FixedLabel } from './labels.ts';
import { numberText, secondsText } from './text.ts';

/** OpenMetrics' bound on the names and values of an exemplar's labels, in characters. */
const maxCharacters = 128;
const naming = { utf8: false, suffixes: false };

/** ` # {trace_id="…"} 0.5 1.234`: what follows a sample's value. Empty if there is no exemplar. */
export function exemplarText(exemplar: Exemplar | undefined): string {
  if (!exemplar) return '';
  const { traceId, spanId, filteredAttributes = {}, value, time } = exemplar;
  const trace: FixedLabel[] = [
    { key: 'trace_id', label: 'trace_id', value: traceId ?? '' },
    { key: 'span_id', label: 'span_id', value: spanId ?? '' },
  ];
  const rest = attributeLabels(filteredAttributes, naming).map((label) => ({ ...label, weak: true }));
  const all = [...trace, ...rest];
  const labels = fits(all) ? all : trace;
  if (!fits(labels)) return '';
  return ` # {${fixedLabels(labels, naming)}} ${numberText(value)} ${secondsText(time)}`;
}

const fits = (labels: readonly FixedLabel[]): boolean =>
  labels.reduce((sum, { label, value }) => sum + (value === '' ? 0 : characters(label) + characters(value)), 0) <=
  maxCharacters;

const characters = (text: string): number => Array.from(text).length;

/** The last one, as Prometheus' own client libraries keep it. */
export function latest(exemplars: readonly Exemplar[] | undefined): Exemplar | undefined {
  let found: Exemplar | undefined;
  for (const exemplar of exemplars ?? []) if (!found || compareTimes(exemplar.time, found.time) >= 0) found = exemplar;
  return found;
}

/** The last one of each bucket, by the bucket's index. */
export function latestByBucket(
  exemplars: readonly Exemplar[] | undefined,
  bounds: readonly number[],
): ReadonlyMap<number, Exemplar> {
  const found = new Map<number, Exemplar>();
  for (const exemplar of exemplars ?? []) {
    const index = bounds.findIndex((bound) => Number(exemplar.value) <= bound);
    const bucket = index < 0 ? bounds.length : index;
    const known = found.get(bucket);
    if (!known || compareTimes(exemplar.time, known.time) >= 0) found.set(bucket, exemplar);
  }
  return found;
}
