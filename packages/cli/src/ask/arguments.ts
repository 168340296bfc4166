import { exitCode } from '../exit-code.ts';
import { ServiceError } from '../watch/service-error.ts';

/** The part of a command's schema that says what a value is. */
export interface ArgumentsSchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
}

export interface ArgumentSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: ArgumentSchema;
}

/**
 * `key=value` pairs as a JSON object. A value is text where the schema says so; otherwise JSON if it is some, with all its
 * digits, and text if not. A list may be given as JSON, or by naming its key again.
 */
export function argumentsJson(pairs: readonly string[], schema: ArgumentsSchema | undefined): string {
  const values = new Map<string, string[]>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw wrong(`Arguments are given as key=value, not as ${pair}`);
    const key = pair.slice(0, at);
    values.set(key, [...(values.get(key) ?? []), pair.slice(at + 1)]);
  }
  const members = [...values].map(([key, texts]) => {
    const known = schema?.properties?.[key];
    const isList = known?.type === 'array';
    if (texts.length > 1 && !isList) throw wrong(`The argument ${key} is given twice.`);
    const value = isList && !texts[0]!.startsWith('[') ? listJson(texts, known) : valueJson(texts[0]!, known);
    return `${JSON.stringify(key)}:${value}`;
  });
  return `{${members.join()}}`;
}

const listJson = (texts: readonly string[], { items }: ArgumentSchema): string =>
  `[${texts.map((text) => valueJson(text, items)).join()}]`;

function valueJson(text: string, schema: ArgumentSchema | undefined): string {
  const isText = schema?.type === 'string' || schema?.enum?.every((one) => typeof one === 'string');
  if (isText) return JSON.stringify(text);
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

const wrong = (message: string): ServiceError =>
  new ServiceError(message, { exitCode: exitCode.usage, permanent: true });
