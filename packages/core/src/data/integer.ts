/** A sum that is exact where both are whole: a bigint where it passes 2^53, else a number. */
export function addExact(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    // A number beyond 2^53 is a double, and may be one with 300 digits.
    return areSafe(a, b) && !Number.isSafeInteger(sum) ? BigInt(a) + BigInt(b) : sum;
  }
  return isWhole(a) && isWhole(b) ? shortest(BigInt(a) + BigInt(b)) : Number(a) + Number(b);
}

/** A difference, exact in the same way. */
export function subtractExact(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    return areSafe(a, b) && !Number.isSafeInteger(difference) ? BigInt(a) - BigInt(b) : difference;
  }
  return isWhole(a) && isWhole(b) ? shortest(BigInt(a) - BigInt(b)) : Number(a) - Number(b);
}

const areSafe = (a: number, b: number): boolean => Number.isSafeInteger(a) && Number.isSafeInteger(b);

const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isInteger(value);

function shortest(value: bigint): number | bigint {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}
