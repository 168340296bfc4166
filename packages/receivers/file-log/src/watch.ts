import { describeError, type Attributes, type Clock, type Logger } from '@millrace/core';
import type { Chain } from '@millrace/log-operators';
import type { Config } from './config.ts';
import { createFinder, type Found } from './find.ts';
import { identify, markAt, sameFile } from './identify.ts';
import { createOrder } from './order.ts';
import type { Position } from './position.ts';
import type { Positions } from './positions.ts';
import { gzipSource, openFile, plainSource, type Source } from './source.ts';
import type { Tail } from './tail.ts';

export interface WatchOptions {
  readonly config: Config;
  readonly positions: Positions;
  readonly log: Logger;
  readonly clock: Clock;
  attributesOf(found: Found): Attributes;
  createChain(tail: () => Tail): Chain;
  /** The `read` mark of the position has changed, with records that were emitted. */
  released(position: Position): void;
}

/** The files that the patterns find. */
export interface Watch {
  readonly tails: ReadonlyMap<string, Tail>;
  /** How many files are open. */
  readonly open: number;
  /** Looks what is there now. */
  refresh(): Promise<void>;
  /** The file's content, opened if it is not. Undefined if it cannot be. */
  sourceOf(tail: Tail): Promise<Source | undefined>;
  /** What the file had is not in it any more: it is read from its beginning. */
  restart(tail: Tail): void;
  close(): Promise<void>;
}

/** Who writes to a file that was renamed or deleted may do so until it has noticed. */
const lingerMs = 10_000;

/** A file that is not read, for it is empty, or a copy of what another has. */
interface Waiting {
  readonly found: Found;
  readonly of?: { readonly tail: Tail; readonly position: Position };
}

export function createWatch(options: WatchOptions): Watch {
  const { config, positions, log, clock } = options;
  const fingerprintSize = config.fingerprint_size;
  const find = createFinder(config);
  const order = createOrder(config.ordering_criteria, log);
  const tails = new Map<string, Tail>();
  const waiting = new Map<string, Waiting>();
  const troubles = new Map<string, string>();
  let isFirst = true;

  const isGzip = (path: string): boolean =>
    config.compression === 'gzip' || (config.compression === 'auto' && path.endsWith('.gz'));
  /** Does it with the file open, or says once why not. */
  async function withFile<T>(found: Found, work: (source: Source) => Promise<T>): Promise<T | undefined> {
    let source: Source | undefined;
    try {
      const handle = await openFile(found.path, found.file);
      if (!handle) return undefined;
      source = isGzip(found.path) ? gzipSource(handle) : plainSource(handle);
      const result = await work(source);
      troubles.delete(found.path);
      return result;
    } catch (error) {
      await source?.close();
      const text = describeError(error);
      const isPassing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!isPassing && troubles.get(found.path) !== text)
        log.warn({ file: found.path, error: text }, 'Cannot read a file.');
      if (!isPassing) troubles.set(found.path, text);
      return undefined;
    }
  }

  function adopt(found: Found, position: Position, source: Source): void {
    if (position.path !== found.path || position.file !== found.file) positions.changed(position);
    const formerPath = position.path === found.path ? undefined : position.path;
    position.path = found.path;
    position.file = found.file;
    const tail: Tail = {
      found,
      position,
      source,
      attributes: options.attributesOf(found),
      chain: options.createChain(() => tail),
      replay: position.read.held,
      seen: undefined,
      hasRest: false,
      grewAt: clock.now(),
      goneSince: undefined,
      formerPath,
      window: 0,
      isHeadFull: position.head.length >= fingerprintSize,
      isDeleted: false,
    };
    positions.take(position);
    waiting.delete(found.file);
    tails.set(found.file, tail);
  }

  async function sourceOf(tail: Tail): Promise<Source | undefined> {
    return (tail.source ??= await withFile(tail.found, async (source) => source));
  }

  const takeSame = (found: Found): Promise<boolean | undefined> =>
    withFile(found, async (source) => {
      const position = await sameFile(found, source, { positions, fingerprintSize });
      if (position) adopt(found, position, source);
      else await source.close();
      return position !== undefined;
    });

  /** Files that were there at the first start are not waiting: nothing has been read of any. */
  const takeAtEnd = (found: Found): Promise<void> =>
    withFile(found, async (source) => {
      const mark = await markAt(source, found.size);
      adopt(found, positions.create(found, mark), source);
    }) as Promise<void>;

  const takeNew = (found: Found): Promise<void> =>
    withFile(found, async (source) => {
      const identity = await identify(found, source, { positions, tails: tails.values(), sourceOf, fingerprintSize });
      if (identity.kind === 'known') return adopt(found, identity.position, source);
      if (identity.kind === 'new') return adopt(found, positions.create({ ...found, head: identity.head }), source);
      const of = identity.kind === 'copy' ? { of: { tail: identity.of, position: identity.of.position } } : {};
      waiting.set(found.file, { found, ...of });
      return source.close();
    }) as Promise<void>;

  function update(tail: Tail, found: Found): void {
    tail.goneSince = undefined;
    if (found.path !== tail.found.path) {
      tail.formerPath = tail.found.path;
      tail.position.path = found.path;
      tail.attributes = options.attributesOf(found);
      positions.changed(tail.position);
    }
    tail.found = found;
  }

  /** Nothing that could join what waits will come any more. */
  function release({ chain, position }: Tail): void {
    if (chain.held().length === 0) return;
    chain.flush(Infinity);
    position.read = { ...position.read, held: [] };
    options.released(position);
  }

  async function drop(tail: Tail): Promise<void> {
    release(tail);
    tails.delete(tail.found.file);
    await tail.source?.close();
    tail.source = undefined;
    positions.leave(tail.position);
  }

  /** What has become of a copy can be told when it or its original has changed. */
  const mustLookAgain = (found: Found): boolean => {
    const known = waiting.get(found.file);
    if (!known) return true;
    const { of } = known;
    const isReplaced = of !== undefined && tails.get(of.tail.found.file)?.position !== of.position;
    return isReplaced || found.size !== known.found.size || found.modified !== known.found.modified;
  };

  async function refresh(): Promise<void> {
    const now = clock.now();
    const all = await find();
    const isWanted = (one: Found): boolean => tails.has(one.file) || !isTooOld(one, now);
    const found = order ? order(all.filter(isWanted)) : all;
    const files = new Set(found.map(({ file }) => file));
    const unknown: Found[] = [];
    for (const one of found) {
      const tail = tails.get(one.file);
      if (tail) update(tail, one);
      else if (!isTooOld(one, now) && mustLookAgain(one)) unknown.push(one);
    }
    for (const tail of tails.values()) {
      if (files.has(tail.found.file)) continue;
      tail.goneSince ??= now;
      const isQuiet = now - Math.max(tail.goneSince, tail.grewAt) > lingerMs;
      if (!tail.source || tail.isDeleted || (isQuiet && !tail.hasRest)) await drop(tail);
    }
    for (const file of waiting.keys()) if (!files.has(file)) waiting.delete(file);
    // A file that is known by its number is not to be taken for a copy of another.
    const others: Found[] = [];
    for (const one of unknown) if (!(await takeSame(one))) others.push(one);
    const isSkipped = isFirst && !positions.hasRunBefore && config.start_at === 'end';
    for (const one of others) await (isSkipped ? takeAtEnd(one) : takeNew(one));
    if (isFirst && tails.size === 0) log.warn({ include: config.include }, 'No file is found yet.');
    isFirst = false;
    await closeIdle();
  }

  const isTooOld = ({ modified }: Found, now: number): boolean =>
    config.exclude_older_than > 0 && now - modified > config.exclude_older_than;

  async function closeIdle(): Promise<void> {
    const open = [...tails.values()].filter(({ source }) => source);
    if (open.length <= config.max_concurrent_files) return;
    open.sort((a, b) => a.grewAt - b.grewAt);
    for (const tail of open.slice(0, open.length - config.max_concurrent_files)) {
      await tail.source?.close();
      tail.source = undefined;
    }
  }

  return {
    tails,
    get open() {
      let count = 0;
      for (const { source } of tails.values()) if (source) count++;
      return count;
    },
    refresh,
    sourceOf,
    restart(tail) {
      const { position, found } = tail;
      release(tail);
      positions.leave(position);
      tail.position = positions.create(found);
      tail.isHeadFull = false;
      tail.replay = [];
    },
    async close() {
      for (const { source } of tails.values()) await source?.close();
      tails.clear();
    },
  };
}
