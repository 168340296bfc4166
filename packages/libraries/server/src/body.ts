import { hold } from '@millrace/core';

/** Gathers a request as it comes. What it keeps is bounded by what came, never by what was announced. */
export interface Body {
  readonly size: number;
  push(chunk: Buffer): void;
  /** The first so many bytes, once they are there. */
  start(length: number): Buffer | undefined;
  /** All of it but the first so many bytes, as one buffer of its own. */
  take(from?: number): Buffer;
  /** It is no longer held; what has been taken is the taker's. */
  release(): void;
}

/**
 * Smaller chunks are put together: each would keep the whole buffer alive that it was read into, and a sender of single
 * bytes could make a hundred bytes of ours from each of them.
 */
const smallChunk = 4096;
const smallChunks = 64;

/** How much may come before it is counted as held. */
const holdStep = 256 * 1024;

export function createBody(): Body {
  const chunks: Buffer[] = [];
  let small: Buffer[] = [];
  let size = 0;
  let counted = 0;
  let releases: (() => void)[] | undefined;

  function mergeSmall(): void {
    if (small.length === 0) return;
    const merged = Buffer.concat(small);
    small = [];
    if (merged.length < smallChunk) small.push(merged);
    else chunks.push(merged);
  }

  function flushSmall(): void {
    if (small.length === 0) return;
    chunks.push(small.length === 1 ? small[0]! : Buffer.concat(small));
    small = [];
  }

  return {
    get size() {
      return size;
    },
    push(chunk) {
      if (chunk.length === 0) return;
      size += chunk.length;
      if (chunk.length < smallChunk) {
        small.push(chunk);
        if (small.length === smallChunks) mergeSmall();
      } else {
        flushSmall();
        chunks.push(chunk);
      }
      if (size - counted >= holdStep) {
        (releases ??= []).push(hold(size - counted));
        counted = size;
      }
    },
    start(length) {
      if (size < length) return undefined;
      const [first] = chunks;
      if (first && first.length >= length) return first;
      // All that came is in small chunks yet, or begins with one that was flushed.
      return Buffer.concat([...chunks.slice(0, length), ...small.slice(0, length)]);
    },
    take(from = 0) {
      flushSmall();
      const whole = Buffer.allocUnsafe(Math.max(0, size - from));
      let at = -from;
      for (const chunk of chunks) {
        chunk.copy(whole, Math.max(0, at), Math.min(chunk.length, Math.max(0, -at)));
        at += chunk.length;
      }
      chunks.length = 0;
      return whole;
    },
    release() {
      chunks.length = 0;
      small = [];
      for (const release of releases ?? []) release();
      releases = undefined;
    },
  };
}
