import type { Entry } from '../entry.ts';
import type { ValueMap } from '../entry.ts';
import { type Field, parseField, read, write } from '../field.ts';
import { entryError } from '../problem.ts';
import type { OperatorConfig } from '../schema.ts';
import { compileSeverity } from '../severity.ts';
import { compileTimestamp } from '../time/timestamp.ts';
import { type OperatorHost, type OperatorType, stateless } from './operator.ts';

export const parserKeys = ['parse_from', 'parse_to', 'timestamp', 'severity'] as const;

type Parse = (text: string, entry: Entry) => ValueMap;

/** A type of operator that makes a map of a text. */
export const parser = (
  compileParse: (config: OperatorConfig) => Parse,
  keys: Pick<OperatorType, 'keys' | 'required'> = { keys: [] },
): OperatorType => ({
  keys: [...parserKeys, ...keys.keys],
  ...(keys.required && { required: keys.required }),
  compile(config, host) {
    const from = parseField(config.parse_from ?? 'body', 'parse_from');
    const to = parseField(config.parse_to ?? 'attributes', 'parse_to');
    const parse = compileParse(config);
    const afterwards = compileAfterwards(config, host);
    return stateless((entry) => {
      write(entry, to, parse(textAt(entry, from), entry));
      afterwards(entry);
    });
  },
});

export function textAt(entry: Entry, field: Field): string {
  const value = read(entry, field);
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString();
  throw entryError(value === undefined ? `there is no ${field.text}` : `${field.text} is not a text`);
}

/** The `timestamp` and `severity` of a parser. */
export function compileAfterwards(
  { timestamp, severity }: OperatorConfig,
  { now }: OperatorHost,
): (entry: Entry) => void {
  const setTime = timestamp && compileTimestamp(timestamp, now);
  const setSeverity = severity && compileSeverity(severity);
  return (entry) => {
    setTime?.(entry);
    setSeverity?.(entry);
  };
}
