import { JsonError } from './error.ts';
import type { Json, Scalar } from './shape.ts';

/** The inside of a JSON string. */
export function parseString(inside: string): string {
  if (!inside.includes('\\')) return inside;
  try {
    return JSON.parse(`"${inside}"`) as string;
  } catch (error) {
    throw new JsonError('A string has an escape that JSON does not know', { cause: error });
  }
}

const numberPattern = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number, true, false or null. */
export function parseNumber(word: string): Scalar {
  if (word === 'true') return true;
  if (word === 'false') return false;
  if (word === 'null') return null;
  if (!numberPattern.test(word)) throw new JsonError(`${JSON.stringify(word.slice(0, 40))} is not a value of JSON`);
  const number = Number(word);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(word) ? BigInt(word) : number;
}

/**
 * A whole number, exactly: of a number, of text (`"9223372036854775807"`, as protobuf writes 64 bits in JSON), or of a float
 * with nothing behind the point. Undefined for what is none, or beyond 64 bits.
 */
export function wholeOf(json: Json | undefined): number | bigint | undefined {
  if (typeof json === 'string') return /^-?\d{1,20}$/.test(json) ? narrow(BigInt(json)) : wholeOf(floatOf(json));
  if (typeof json === 'bigint') return narrow(json);
  if (typeof json !== 'number' || !Number.isFinite(json)) return undefined;
  const rounded = Math.round(json);
  return Number.isSafeInteger(rounded) ? rounded : narrow(BigInt(rounded));
}

/** A finite number, of a number or of text. */
export function floatOf(json: Json | undefined): number | undefined {
  if (typeof json !== 'number' && typeof json !== 'bigint' && typeof json !== 'string') return undefined;
  const number = typeof json === 'string' && json.trim() === '' ? Number.NaN : Number(json);
  return Number.isFinite(number) ? number : undefined;
}

const [least, greatest] = [-(2n ** 63n), 2n ** 63n - 1n];

function narrow(integer: bigint): number | bigint | undefined {
  if (integer < least || integer > greatest) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}
