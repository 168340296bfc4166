import type { AnyValue, Attributes } from '@millrace/core';
import type { Conditions } from './config.ts';

export type AttributesTest = (attributes: Attributes) => boolean;

/** `*`: any value; an empty text: none. Texts are compared, so that an integer equals itself as a number or a bigint. */
export function test(conditions: Conditions | undefined): AttributesTest {
  const tests = Object.entries(conditions ?? {}).map(([name, value]) => [name, String(value)] as const);
  return (attributes) =>
    tests.every(([name, wanted]) => {
      const value = attributes[name];
      if (wanted === '*') return value !== undefined;
      return (value === undefined ? '' : String(value)) === wanted;
    });
}

export interface AttributeChanges {
  readonly drop?: readonly string[] | undefined;
  readonly rename?: Readonly<Record<string, string>> | undefined;
  readonly set?: Attributes | undefined;
}

/** The attributes with the changes made; the same object where there is nothing to change. A new name wins over one that was there. */
export function change(attributes: Attributes, { drop = [], rename = {}, set = {} }: AttributeChanges): Attributes {
  const renamed = Object.entries(rename).filter(([name]) => attributes[name] !== undefined && !drop.includes(name));
  const given = Object.entries(set).filter(([name, value]) => attributes[name] !== value);
  if (renamed.length === 0 && given.length === 0 && !drop.some((name) => attributes[name] !== undefined))
    return attributes;
  const changed: Record<string, AnyValue | undefined> = { ...attributes };
  for (const name of drop) delete changed[name];
  for (const [name] of renamed) delete changed[name];
  for (const [name, newName] of renamed) changed[newName] = attributes[name];
  for (const [name, value] of Object.entries(set)) changed[name] = value;
  return Object.freeze(changed);
}

/** The attributes that there are of those named, under their new names. */
export const pick = (attributes: Attributes, names: Readonly<Record<string, string>> = {}): Attributes =>
  Object.fromEntries(
    Object.entries(names).flatMap(([name, newName]) =>
      attributes[name] === undefined ? [] : [[newName, attributes[name]]],
    ),
  );
