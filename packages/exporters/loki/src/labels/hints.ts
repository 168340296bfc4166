import type { AnyValue, Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';

/** Attributes with which senders say how a record is to be sent. They are not sent themselves. */
export const hint = {
  attributes: 'loki.attribute.labels',
  resource: 'loki.resource.labels',
  tenant: 'loki.tenant',
  format: 'loki.format',
} as const;

const all: ReadonlySet<string> = new Set(Object.values(hint));

export const isHint = (key: string): boolean => key.startsWith('loki.') && all.has(key);

/** The names in a hint: a list, or one text with commas. */
export const hinted = (value: AnyValue | undefined): readonly string[] =>
  value === undefined || value === null
    ? []
    : (Array.isArray(value) ? (value as readonly AnyValue[]).map(valueText) : valueText(value).split(','))
        .map((name) => name.trim())
        .filter((name) => name !== '');

/** The attribute of this name or, for `a.b`, what `a` has as `b`. */
export function attributeAt(attributes: Attributes, path: string): AnyValue | undefined {
  const direct = attributes[path];
  if (direct !== undefined) return direct;
  const dot = path.indexOf('.');
  const inner = dot < 0 ? undefined : attributes[path.slice(0, dot)];
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner) || inner instanceof Uint8Array)
    return undefined;
  return attributeAt(inner as Attributes, path.slice(dot + 1));
}
