/**
 * What of a JSON text is wanted. The rest is passed over without being kept: a node of CockroachDB tells of two thousand
 * metrics, of which some forty are looked at.
 */
export type Shape =
  | { readonly is: 'value' }
  | { readonly is: 'members'; readonly members: ReadonlyMap<string, Shape> }
  | { readonly is: 'each'; readonly of: Shape };

/** A string, a number, true, false or null. Objects and arrays in its place are passed over. */
export const value: Shape = { is: 'value' };
/** An object with these members, as far as it has them. */
export const members = (shapes: Readonly<Record<string, Shape>>): Shape => ({
  is: 'members',
  members: new Map(Object.entries(shapes)),
});
/** An object or an array, of whatever length, all of whose members are alike. */
export const each = (of: Shape): Shape => ({ is: 'each', of });

/** Whole numbers that a `number` cannot hold exactly are bigints; all others are numbers. */
export type Scalar = string | number | bigint | boolean | null;
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };
