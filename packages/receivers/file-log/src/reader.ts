import { setImmediate } from 'node:timers/promises';
import type { Attributes, Clock, LogRecord } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { Entry, Range } from '@millrace/log-operators';
import { rangesOf } from '@millrace/log-operators';
import type { Config } from './config.ts';
import type { Encoding } from './encoding.ts';
import { beforeSize, hasHead, headOf, type Mark, type Position } from './position.ts';
import type { Positions } from './positions.ts';
import type { Split } from './split.ts';
import type { Source } from './source.ts';
import type { Tail } from './tail.ts';
import type { Watch } from './watch.ts';

export interface ReaderOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly watch: Watch;
  readonly positions: Positions;
  readonly encoding: Encoding;
  readonly split: Split;
  readonly resource: Attributes;
  readonly hasOperators: boolean;
  /** Takes a record that needs no operators. */
  emit(record: LogRecord, size: number): void;
  /** Enough has come together: it should be handed on before more is read. */
  isFull(): boolean;
  /** Hands on what has come together, of this file up to its `read` mark. */
  handOn(position: Position): Promise<void>;
  count(bytes: number, records: number): void;
  signal: AbortSignal;
}

const chunkSize = 256 * 1024;
const chunksInTurn = 4;
const sliceMs = 5;

/** Reads what is new in a file. */
export function createReader(options: ReaderOptions): (tail: Tail) => Promise<'more' | 'caught_up'> {
  const { config, clock, watch, positions, encoding, split, resource, hasOperators, emit, isFull, handOn, count } =
    options;
  const { max_log_size: maxLogSize, force_flush_period: flushMs, fingerprint_size: fingerprintSize } = config;
  const isBinary = config.encoding === 'nop';
  const buffer = Buffer.allocUnsafe(Math.max(chunkSize, maxLogSize + 4) + beforeSize);
  const trim = trimming(config);
  const numbered = config.include_file_record_number || config.include_file_record_offset;
  let sliceEnd = 0;

  /** What there is to process between two offsets: bytes of the buffer. */
  interface Piece {
    readonly bytes: Buffer;
    /** The offset in the file of their first. */
    readonly offset: number;
    readonly end: 'open' | 'whole';
  }

  /** Makes entries of a piece; how many bytes it took. */
  async function process(
    tail: Tail,
    { bytes, offset, end }: Piece,
    onFull: (taken: number) => Promise<void>,
  ): Promise<number> {
    const next = split(bytes, end);
    const observedTime = hrTime(clock.now());
    let at = 0;
    for (;;) {
      if (encoding.unit === 1 && !isBinary && bytes[at] === 0) at = afterZeros(bytes, at);
      let cut = next(at);
      if (!cut && bytes.length - at >= maxLogSize) cut = piece(bytes, at);
      if (!cut) return at;
      if (cut.end - cut.start > maxLogSize) cut = piece(bytes, cut.start);
      take(
        tail,
        {
          body: isBinary
            ? Buffer.from(bytes.subarray(cut.start, cut.end))
            : trim(encoding.decode(bytes, cut.start, cut.end)),
          start: offset + cut.start,
          end: offset + cut.next,
        },
        observedTime,
      );
      at = cut.next;
      if (isFull()) await onFull(at);
      if (performance.now() > sliceEnd) {
        await setImmediate();
        sliceEnd = performance.now() + sliceMs;
      }
    }
  }

  const piece = (bytes: Buffer, start: number) => {
    const end = encoding.boundary(bytes, start + maxLogSize);
    return { start, end, next: end };
  };

  function take(
    tail: Tail,
    { body, start, end }: Pick<Entry, 'body' | 'start' | 'end'>,
    observedTime: LogRecord['observedTime'],
  ): void {
    if (typeof body === 'string' && body.length === 0) return;
    lines++;
    let { attributes } = tail;
    if (numbered) attributes = numberedAttributes(tail, start);
    if (!hasOperators) return emit({ observedTime, body, attributes }, end - start);
    return tail.chain.process({ body, attributes: { ...attributes } as Entry['attributes'], resource, start, end });
  }

  let lines = 0;
  function numberedAttributes({ attributes, position }: Tail, start: number): Attributes {
    return {
      ...attributes,
      ...(config.include_file_record_number && { 'log.file.record_number': position.read.records + lines }),
      ...(config.include_file_record_offset && { 'log.file.record_offset': start }),
    };
  }

  async function replay(tail: Tail, source: Source): Promise<void> {
    const { position } = tail;
    const observed = position.read;
    for (const [start, end] of tail.replay as readonly Range[]) {
      const length = await source.read(buffer.subarray(0, Math.min(end - start, buffer.length)), start);
      lines = -observed.records;
      await process(tail, { bytes: buffer.subarray(0, length), offset: start, end: 'whole' }, async () => {});
    }
    tail.replay = [];
    lines = 0;
  }

  async function readChunk(tail: Tail, source: Source): Promise<'more' | 'caught_up' | 'restarted'> {
    const { position } = tail;
    const { offset, before, records } = position.read;
    const wanted = Math.max(tail.window, chunkSize);
    const length = await source.read(
      buffer.subarray(0, Math.min(before.length + wanted, buffer.length)),
      offset - before.length,
    );
    const isSame = length >= before.length && before.equals(buffer.subarray(0, before.length));
    // The head must be of the very bytes that are read, or the content is not known again.
    if (!isSame || (offset === 0 && !takeHead(tail, buffer.subarray(0, Math.min(length, fingerprintSize))))) {
      watch.restart(tail);
      return 'restarted';
    }
    const bytes = buffer.subarray(before.length, length);
    const now = clock.now();
    const isFilled = length === Math.min(before.length + wanted, buffer.length);
    const isOld =
      flushMs > 0 && now - tail.grewAt >= flushMs && !isFilled && tail.hasRest && bytes.length === restOf(tail);
    lines = 0;
    const markAt = (taken: number): Mark => ({
      offset: offset + taken,
      before: Buffer.from(buffer.subarray(Math.max(0, before.length + taken - beforeSize), before.length + taken)),
      held: hasOperators ? rangesOf(tail.chain.held()) : [],
      records: records + lines,
    });
    const taken = await process(tail, { bytes, offset, end: isOld ? 'whole' : 'open' }, async (so) => {
      position.read = markAt(so);
      await handOn(position);
    });
    if (taken > 0) position.read = markAt(taken);
    count(taken, lines);
    if (taken > 0) tail.window = 0;
    else if (isFilled) tail.window = Math.min(wanted * 4, buffer.length);
    const left = bytes.length - taken;
    if (taken > 0 || left !== restOf(tail)) tail.grewAt = now;
    rests.set(tail, left);
    tail.hasRest = left > 0;
    return isFilled && (taken > 0 || wanted < buffer.length - beforeSize) ? 'more' : 'caught_up';
  }

  /** Bytes at the end that were no whole record the last time. */
  const rests = new WeakMap<Tail, number>();
  const restOf = (tail: Tail): number => rests.get(tail) ?? 0;

  /** Takes in more of the first bytes, while they are fewer than wanted. False: they are others than before. */
  async function growHead(tail: Tail, source: Source): Promise<boolean> {
    return takeHead(tail, buffer.subarray(0, await source.read(buffer.subarray(0, fingerprintSize), 0)));
  }

  function takeHead(tail: Tail, bytes: Buffer): boolean {
    const { position } = tail;
    if (position.head.length > 0 && !hasHead(bytes, position.head)) return false;
    if (bytes.length === position.head.length) return true;
    position.head = headOf(bytes);
    tail.isHeadFull = bytes.length >= fingerprintSize;
    positions.changed(position);
    return true;
  }

  return async (tail) => {
    const { size, modified } = tail.found;
    const isUnchanged = tail.seen?.size === size && tail.seen.modified === modified && tail.goneSince === undefined;
    if (isUnchanged && (!tail.hasRest || flushMs === 0)) return 'caught_up';
    const source = await watch.sourceOf(tail);
    if (!source) return 'caught_up';
    sliceEnd = performance.now() + sliceMs;
    if (!tail.isHeadFull && tail.position.read.offset > 0 && !(await growHead(tail, source))) {
      watch.restart(tail);
      return 'more';
    }
    if (tail.replay.length > 0) await replay(tail, source);
    let state: Awaited<ReturnType<typeof readChunk>> = 'more';
    for (let chunk = 0; chunk < chunksInTurn && state === 'more' && !options.signal.aborted; chunk++)
      state = await readChunk(tail, source);
    if (state === 'caught_up') tail.seen = { size, modified };
    // Another position is another turn's.
    return state === 'caught_up' ? state : 'more';
  };
}

/** A file that was cut off while its writer kept its place has a hole where the old content was. */
function afterZeros(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

function trimming(config: Config): (text: string) => string {
  const { preserve_leading_whitespaces: leading, operators } = config;
  // A part of a container's line may end in a blank that belongs between two words.
  const trailing = config.preserve_trailing_whitespaces || operators.some(({ type }) => type === 'container');
  const withoutEnd = (text: string): string => (text.endsWith('\r') ? text.slice(0, -1) : text);
  const trim = leading
    ? trailing
      ? withoutEnd
      : (text: string) => text.trimEnd()
    : trailing
      ? (text: string) => withoutEnd(text).trimStart()
      : (text: string) => text.trim();
  return (text) => trim(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
}
