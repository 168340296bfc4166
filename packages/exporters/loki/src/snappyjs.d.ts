declare module 'snappyjs' {
  /** The raw format, without frames. */
  export function compress(bytes: Uint8Array): Uint8Array;
  export function uncompress(bytes: Uint8Array): Uint8Array;
}
