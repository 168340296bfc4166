import type { Attributes } from '@millrace/core';

/** The attribute if it is there and a text, even an empty one; '' for another value; undefined where there is none. */
export function textOf(attributes: Attributes, key: string): string | undefined {
  const value = attributes[key];
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : '';
}
