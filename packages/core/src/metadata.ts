import type { Batch, Metadata } from './batch.ts';

/** Equal for batches of one signal that are the same in these headers: what may be merged. */
export const partitionKey = ({ signal, metadata }: Batch, keys: readonly string[]): string =>
  keys.length === 0 ? signal : JSON.stringify([signal, keys.map((key) => metadata?.[key.toLowerCase()] ?? null)]);

/** What is the same in all batches of a partition: the metadata of what they are merged to. */
export function pickMetadata({ metadata }: Batch, keys: readonly string[]): Metadata | undefined {
  if (!metadata || keys.length === 0) return undefined;
  const entries = keys.map((key) => [key.toLowerCase(), metadata[key.toLowerCase()]] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, readonly string[]] => entry[1] !== undefined));
}
