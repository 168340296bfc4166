/** Sums and differences that stay exact: integers become bigints beyond 2^53, and numbers again below it. */

export function addIntegers(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return narrow(BigInt(a) + BigInt(b));
}

export const addDoubles = (a: number | bigint, b: number | bigint): number => Number(a) + Number(b);

export const negate = (value: number | bigint): number | bigint => (typeof value === 'bigint' ? -value : 0 - value);

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
