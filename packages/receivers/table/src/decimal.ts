/** What a size in this unit is multiplied with to have bytes. */
export const sizes = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;

/** `digits` divided by 10 to the power of `places`. */
export interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

/** A text that cannot be the value that the config wants. The message goes on after the place where it was found. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(?:e([+-]?\d{1,3}))?$/i;
/** Longer than any number of 64 bits that a program prints. */
const maxLength = 400;

export function parseDecimal(text: string): Decimal | undefined {
  const match = text.length <= maxLength ? pattern.exec(text) : undefined;
  if (!match) return undefined;
  const [, sign, number = '', exponent = '0'] = match;
  const point = number.indexOf('.');
  const places = (point < 0 ? 0 : number.length - point - 1) - Number(exponent);
  const digits = BigInt(number.replace('.', '')) * (sign === '-' ? -1n : 1n);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

const int64 = { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n } as const;

export type Reader = (text: string) => number | bigint;

/**
 * Reads a text as a number and multiplies it, without rounding in between: `0.1` with a scale of 1000 is 100. Gives a bigint
 * beyond 2^53. Throws a ValueError for what is no number, and, of `int`, no whole one of 64 bits.
 */
export function createReader(scale: number | keyof typeof sizes, valueType: 'int' | 'double'): Reader {
  const factor = parseDecimal(String(typeof scale === 'number' ? scale : sizes[scale]))!;
  return (text) => {
    if (factor.digits === 1n && factor.places === 0 && /^\d{1,15}$/.test(text)) return Number(text);
    const decimal = parseDecimal(text);
    if (!decimal) throw new ValueError(`${shown(text)} is no number`);
    const places = decimal.places + factor.places;
    const digits = decimal.digits * factor.digits;
    return valueType === 'int' ? whole(digits, places, text) : finite(Number(`${digits}e${-places}`), text);
  };
}

function whole(digits: bigint, places: number, text: string): number | bigint {
  const unit = 10n ** BigInt(places);
  if (digits % unit !== 0n) throw new ValueError(`${shown(text)} is no whole number; value_type: double takes it`);
  const value = digits / unit;
  if (value < int64.lowest || value > int64.highest)
    throw new ValueError(`${shown(text)} is beyond 64 bits; value_type: double takes it, rounded`);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function finite(value: number, text: string): number {
  if (Number.isFinite(value)) return value;
  throw new ValueError(`${shown(text)} is too large a number`);
}

const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
