import type { Batch, Metadata } from './batch.ts';

/**
 * Where a batch comes from that may be handed over again: after a crash, or where only some of its next owners took it. A queue
 * on disk knows it again, so that what was read once arrives once.
 */
export interface Origin {
  /** What is read, by a name that stays the same: a query of a receiver. */
  readonly source: string;
  /** Which batch of the source, counting up. Those below never come again; the same number means the same content. */
  readonly sequence: number;
  /** Another at each handing over. */
  readonly attempt: string;
}

/** No header may be called so: what a client sends is never taken for it. */
const key = '(origin)';

/** Goes with the batch through the pipeline. A processor that merges batches of several sources leaves it out. */
export const originMetadata = ({ source, sequence, attempt }: Origin): Metadata => ({
  [key]: [source, String(sequence), attempt],
});

export function originOf({ metadata }: Batch): Origin | undefined {
  const [source, sequence, attempt] = metadata?.[key] ?? [];
  if (source === undefined || attempt === undefined) return undefined;
  return { source, sequence: Number(sequence), attempt };
}
