import { createHash } from 'node:crypto';
import type { Range } from '@millrace/log-operators';

/** How far a file was read. */
export interface Mark {
  readonly offset: number;
  /** The bytes before the offset, at most 64: if others stand there, the file has been written anew. */
  readonly before: Buffer;
  /** Parts before the offset that have not been handed on: they wait for others to join. */
  readonly held: readonly Range[];
  readonly records: number;
}

export interface Head {
  readonly length: number;
  readonly hash: string;
}

/** What is known of a content, which may move from file to file: by a rename, a copy, or a compression. */
export interface Position {
  readonly id: number;
  /** Device and inode. */
  file: string;
  path: string;
  head: Head;
  /** Up to here it is in batches. */
  read: Mark;
  /** Up to here the pipeline has it. */
  done: Mark;
  /** From the storage: its file has not been seen since the start. */
  isStored: boolean;
}

export const beforeSize = 64;
export const emptyHead: Head = { length: 0, hash: '' };
export const startMark: Mark = { offset: 0, before: Buffer.alloc(0), held: [], records: 0 };

export const headOf = (bytes: Uint8Array): Head =>
  bytes.length === 0 ? emptyHead : { length: bytes.length, hash: createHash('sha256').update(bytes).digest('base64') };

/** Whether these first bytes of a file begin with the head. */
export const hasHead = (bytes: Uint8Array, head: Head): boolean =>
  head.length > 0 && bytes.length >= head.length && headOf(bytes.subarray(0, head.length)).hash === head.hash;
