import { describeError, PermanentError } from '@millrace/core';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A number of 16 digits or more that is not in quotes: most have 64-bit integers in quotes, as OTLP says. */
const longNumber = /[:[,]\s*-?\d{16}/;

/**
 * The value of a JSON text. Integers beyond 2^53 that are not in quotes are bigints: where a text may have some, it is
 * parsed with their digits kept, which takes several times as long.
 */
export function parseExact(json: Uint8Array): unknown {
  try {
    const text = utf8.decode(json);
    return longNumber.test(text)
      ? JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
      : JSON.parse(text);
  } catch (error) {
    throw new PermanentError(`The request is not JSON: ${describeError(error)}`);
  }
}

function keepDigits(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return /^-?\d+$/.test(context.source ?? '') ? BigInt(context.source!) : value;
}
