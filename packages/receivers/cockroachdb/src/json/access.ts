import { wholeOf } from './scalars.ts';
import type { Json } from './shape.ts';

export type JsonObject = { readonly [key: string]: Json };
const none: JsonObject = {};

/** What is no object has no members. */
export const objectOf = (json: Json | undefined): JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : none;
export const listOf = (json: Json | undefined): readonly Json[] => (Array.isArray(json) ? json : []);
export const textOf = (json: Json | undefined): string | undefined =>
  typeof json === 'string' && json !== '' ? json : undefined;
/** An id: of a positive number, or of its text. */
export const idOf = (json: Json | undefined): string | undefined => {
  const id = wholeOf(json);
  return id !== undefined && id > 0 ? String(id) : undefined;
};
/** Nanoseconds since the epoch, as text or as a number; 0 is none. */
export const millisecondsOf = (json: Json | undefined): number | undefined => {
  const nanoseconds = wholeOf(json);
  return nanoseconds === undefined || nanoseconds <= 0 ? undefined : Number(BigInt(nanoseconds) / 1_000_000n);
};
