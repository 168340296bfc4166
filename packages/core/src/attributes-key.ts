import type { AnyValue, Attributes } from './batch.ts';

/** The same text for the same attributes, whatever their order, and another for others: 1 is not "1", nor 1n. */
export function attributesKey(attributes: Attributes): string {
  let key = '';
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value !== undefined) key += `${JSON.stringify(name)}:${valueKey(value)},`;
  }
  return key;
}

function valueKey(value: AnyValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'boolean' || value === null) return String(value);
  if (value instanceof Uint8Array) return `<${Buffer.from(value).toString('base64')}>`;
  if (Array.isArray(value)) return `[${value.map(valueKey).join()}]`;
  return `{${attributesKey(value as Attributes)}}`;
}
