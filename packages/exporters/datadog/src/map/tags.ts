import type { Attributes, Scope } from '@millrace/core';
import { valueText } from '@millrace/core';

/** A tag may not end with its colon: an empty value is `n/a`, as in Datadog's own translator. */
export const tag = (key: string, value: string): string => `${key}:${value === '' ? 'n/a' : value}`;

/** A tag for each attribute. What Datadog does not allow in tags it replaces itself when it takes them in. */
export function attributeTags(attributes: Attributes): string[] {
  const tags: string[] = [];
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined) tags.push(tag(key, valueText(value)));
  }
  return tags;
}

export const scopeTags = ({ name, version, attributes }: Scope): string[] => [
  tag('instrumentation_scope', name),
  tag('instrumentation_scope_version', version ?? ''),
  ...(attributes ? attributeTags(attributes) : []),
];

/**
 * A bound or a quantile in a tag, as the Agent's OpenMetrics check writes them, so that series from there and from here
 * are the same: `0.5`, `10.0`, `1e+06.0`, `inf`.
 */
export function boundText(bound: number): string {
  if (bound === Number.POSITIVE_INFINITY) return 'inf';
  if (bound === Number.NEGATIVE_INFINITY) return '-inf';
  if (Number.isNaN(bound)) return 'nan';
  if (bound === 0) return '0';
  const [mantissa, exponent] = bound.toExponential().split('e') as [string, string];
  const power = Number(exponent);
  const sign = power < 0 ? '-' : '+';
  const text =
    power < -4 || power >= 6 ? `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}` : String(bound);
  return Number.isInteger(bound) ? `${text}.0` : text;
}
