/** The body of a request, to be written in this order. */
export interface Body {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
}

export function bodyOf(chunks: readonly Uint8Array[]): Body {
  let bytes = 0;
  for (const { length } of chunks) bytes += length;
  return { chunks, bytes };
}
