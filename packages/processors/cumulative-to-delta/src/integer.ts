export type Integer = number | bigint;

export const isLess = (a: Integer, b: Integer): boolean => a < b;

/** Exact for integers of any size; a number again where that is exact. */
export function minus(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (!isInteger(a) || !isInteger(b)) return Number(a) - Number(b);
  return shortest(BigInt(a) - BigInt(b));
}

export function plus(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number' && Number.isSafeInteger(a + b)) return a + b;
  return shortest(BigInt(a) + BigInt(b));
}

const isInteger = (value: Integer): boolean => typeof value === 'bigint' || Number.isInteger(value);

function shortest(value: bigint): Integer {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}
