/** The number where that is exact, else the bigint: what a column of kind `integer` has. Of its decimal digits, or a bigint. */
export function exactInteger(value: string | bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
