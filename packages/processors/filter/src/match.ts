import type { AnyValue, Attributes } from '@millrace/core';
import type { AttributeCondition, MatchType } from './config.ts';

export type TextMatch = (text: string) => boolean;
export type AttributesMatch = (attributes: Attributes) => boolean;

/** A regular expression's verdicts are remembered for this many texts: names and attribute values repeat. */
const verdictsKept = 4096;

/** True for a text that is (strict) or matches (regexp) one of the patterns. */
export function textMatch(type: MatchType, patterns: readonly string[]): TextMatch {
  if (type === 'strict') {
    const allowed = new Set(patterns);
    return (text) => allowed.has(text);
  }
  const expressions = patterns.map((pattern) => new RegExp(pattern));
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
export function attributesMatch(type: MatchType, conditions: readonly AttributeCondition[]): AttributesMatch {
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
