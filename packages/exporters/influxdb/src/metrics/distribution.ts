import type { ExponentialHistogram, Histogram, Summary } from '@millrace/core';
import { numberName } from '../line/escape.ts';
import { bucketsOf } from './buckets.ts';

export type Distribution = Histogram | ExponentialHistogram | Summary;

/** A value by its name: `count`, `sum`, `min`, `max`. The names are those of the Telegraf schemas, and all are floats there. */
export type Figure = readonly [name: string, value: number];

/** What a distribution says as a whole. What it does not know is not there. */
export function figures(value: Distribution): Figure[] {
  const found: Figure[] = [['count', Number(value.count)]];
  if (value.sum !== undefined) found.push(['sum', value.sum]);
  if ('min' in value && value.min !== undefined) found.push(['min', value.min]);
  if ('max' in value && value.max !== undefined) found.push(['max', value.max]);
  return found;
}

/** Its buckets by their upper bounds, with all values up to these, or its quantiles. */
export const steps = (value: Distribution): Figure[] =>
  'quantiles' in value
    ? value.quantiles.map(({ quantile, value: at }) => [numberName(quantile), at])
    : bucketsOf(value).map(({ bound, total }) => [numberName(bound), Number(total)]);
