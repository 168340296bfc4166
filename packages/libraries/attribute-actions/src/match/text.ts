import type { AnyValue, Attributes } from '@millrace/core';

export type MatchType = 'strict' | 'regexp';
export type TextMatch = (text: string) => boolean;

/** Without a value, the attribute must only be there. */
export interface AttributeCondition {
  readonly key: string;
  readonly value?: string | number | boolean | undefined;
}

/** A regular expression's verdicts are remembered for this many texts: names and attribute values repeat. */
const verdictsKept = 4096;

/**
 * A JavaScript regular expression. Of Go's syntax, which configs of the collector use, it understands named groups
 * `(?P<name>…)` and flags at the beginning, `(?i)…`. Throws if it is none.
 */
export function compilePattern(pattern: string): RegExp {
  const [, flags = '', rest = pattern] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [];
  const source = rest.replaceAll(/(\\.)|\(\?P</gs, (_, escaped: string | undefined) => escaped ?? '(?<');
  return new RegExp(source, [...new Set(flags)].join(''));
}

/** True for a text that is (strict) or matches (regexp) one of the patterns. */
export function textMatch(type: MatchType, patterns: readonly string[]): TextMatch {
  if (type === 'strict') {
    const allowed = new Set(patterns);
    return (text) => allowed.has(text);
  }
  const expressions = patterns.map(compilePattern);
  const verdicts = new Map<string, boolean>();
  return (text) => {
    let verdict = verdicts.get(text);
    if (verdict === undefined) {
      verdict = expressions.some((expression) => expression.test(text));
      if (verdicts.size >= verdictsKept) verdicts.clear();
      verdicts.set(text, verdict);
    }
    return verdict;
  };
}

/** True for attributes that meet all conditions. */
export function attributesMatch(
  type: MatchType,
  conditions: readonly AttributeCondition[],
): (attributes: Attributes) => boolean {
  const tests = conditions.map(({ key, value }) => ({
    key,
    matches: value === undefined ? undefined : textMatch(type, [String(value)]),
  }));
  return (attributes) =>
    tests.every(({ key, matches }) => {
      const value = attributes[key];
      if (value === undefined) return false;
      if (!matches) return true;
      const text = scalarText(value);
      return text !== undefined && matches(text);
    });
}

/** Integers compare equal whether they came as a number or a bigint; lists, maps and bytes have no text. */
export const scalarText = (value: AnyValue): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'object' ? undefined : String(value);
