import type { Problem } from '@millrace/core';
import { spanKindNames } from './selector.ts';
import { compilePattern, type MatchType } from './text.ts';

/**
 * What the schema cannot say of a block of conditions: one without any would match everything, which is more likely a slip;
 * patterns must compile; and a kind of spans that does not exist would never match.
 */
export function checkBlock(block: { readonly match_type: MatchType }, path: Problem['path']): readonly Problem[] {
  const { match_type: type, ...rest } = block;
  const conditions = Object.entries(rest).filter(([key]) => key !== 'regexp');
  if (conditions.every(([, value]) => value === undefined || (Array.isArray(value) && value.length === 0)))
    return [{ path, message: `There is no condition under ${path.join('.')}, so it would match everything.` }];
  return conditions.flatMap(([key, list]) =>
    (Array.isArray(list) ? (list as readonly unknown[]) : []).flatMap((item, index) =>
      textsOf(item).flatMap(({ text, at }): Problem[] => {
        const message = type === 'regexp' ? wrongPattern(text) : key === 'span_kinds' ? wrongKind(text) : undefined;
        return message === undefined ? [] : [{ path: [...path, key, index, ...at], message }];
      }),
    ),
  );
}

/** The texts of a condition, each with the key under which it is. */
function textsOf(item: unknown): { readonly text: string; readonly at: readonly string[] }[] {
  if (typeof item === 'string') return [{ text: item, at: [] }];
  return Object.entries(item as object).flatMap(([key, text]) =>
    key !== 'key' && typeof text === 'string' ? [{ text, at: [key] }] : [],
  );
}

function wrongPattern(text: string): string | undefined {
  try {
    compilePattern(text);
    return undefined;
  } catch (error) {
    return `${(error as Error).message}.`;
  }
}

const wrongKind = (text: string): string | undefined =>
  spanKindNames.includes(text) ? undefined : `${text} is not a kind of spans; they are ${spanKindNames.join(', ')}.`;
