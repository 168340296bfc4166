import type { Found } from './find.ts';
import { beforeSize, hasHead, type Head, headOf, type Mark, type Position, startMark } from './position.ts';
import type { Positions } from './positions.ts';
import type { Source } from './source.ts';
import type { Tail } from './tail.ts';

/** What a file turned out to be. */
export type Identity =
  | { readonly kind: 'known'; readonly position: Position }
  /** It has what another file has, which is read: it is a copy, or will be. */
  | { readonly kind: 'copy'; readonly of: Tail }
  /** There is nothing in it by which to tell. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'new'; readonly head: Head };

interface Candidates {
  readonly positions: Positions;
  readonly tails: Iterable<Tail>;
  sourceOf(tail: Tail): Promise<Source | undefined>;
}

const comparedSize = 4096;

export async function bytesAt(source: Source, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, await source.read(bytes, offset));
}

/** Whether the file still has what was read of it, up to where it was read. */
async function goesOn(source: Source, { head, read }: Position, first: Buffer): Promise<boolean> {
  if (read.offset === 0) return true;
  if (!hasHead(first, head)) return false;
  const before = await bytesAt(source, read.offset - read.before.length, read.before.length);
  return before.equals(read.before);
}

const furthest = (positions: Position[]): Position | undefined =>
  positions.sort((a, b) => b.read.offset - a.read.offset)[0];

/** The file with its number, as it was left. */
export async function sameFile(
  found: Found,
  source: Source,
  { positions, fingerprintSize }: { readonly positions: Positions; readonly fingerprintSize: number },
): Promise<Position | undefined> {
  const first = await bytesAt(source, 0, fingerprintSize);
  const matching: Position[] = [];
  for (const position of positions.gone)
    if (position.file === found.file && (await goesOn(source, position, first))) matching.push(position);
  return furthest(matching);
}

/**
 * Files are told apart by device and inode. A content that is known may come under another number: when it was copied before
 * the file was cut off, compressed, or when a file system was mounted anew.
 */
export async function identify(
  found: Found,
  source: Source,
  { positions, tails, sourceOf, fingerprintSize }: Candidates & { readonly fingerprintSize: number },
): Promise<Identity> {
  const first = await bytesAt(source, 0, fingerprintSize);
  const matching: Position[] = [];
  for (const position of positions.gone) {
    // A file in the place of one that went away in this run is another, whatever it begins with.
    const isSuccessor = position.path === found.path && !position.isStored;
    if (!isSuccessor && position.read.offset > 0 && (await goesOn(source, position, first))) matching.push(position);
  }
  const known = furthest(matching);
  if (known) return { kind: 'known', position: known };
  if (first.length === 0) return { kind: 'empty' };
  for (const tail of tails)
    if (await isCopy({ found, source, first }, tail, await sourceOf(tail))) return { kind: 'copy', of: tail };
  return { kind: 'new', head: headOf(first) };
}

interface Suspect {
  readonly found: Found;
  readonly source: Source;
  readonly first: Buffer;
}

/** Whether it has what the other has, or what was read of the other before that was cut off. It may still be being written. */
async function isCopy({ found, source, first }: Suspect, tail: Tail, other: Source | undefined): Promise<boolean> {
  const { position, formerPath, goneSince } = tail;
  if (found.path === formerPath || (goneSince !== undefined && position.path === found.path)) return false;
  if (other && (await isSame({ found, source, first }, other))) return true;
  // Afterwards: if the other was cut off just now, the copy is whole by now.
  return position.read.offset > 0 && goesOn(source, position, await bytesAt(source, 0, position.head.length));
}

/** Compares the beginnings, and what is at the end of the one. */
async function isSame({ found, source, first }: Suspect, other: Source): Promise<boolean> {
  if (!first.equals(await bytesAt(other, 0, first.length))) return false;
  const at = Math.max(0, found.size - comparedSize);
  const [own, others] = [await bytesAt(source, at, found.size - at), await bytesAt(other, at, found.size - at)];
  return own.equals(others);
}

/** The mark of a place in a file at which nothing has been read. */
export async function markAt(source: Source, offset: number): Promise<Mark> {
  if (offset === 0) return startMark;
  const length = Math.min(offset, beforeSize);
  return { ...startMark, offset, before: await bytesAt(source, offset - length, length) };
}
