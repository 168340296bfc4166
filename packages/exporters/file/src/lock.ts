import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { realpath, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname, normalize, relative } from 'node:path';

/** Who takes a file for itself. */
export interface Owner {
  /** The exporter's id. */
  readonly exporter: string;
  /** When the exporter was made, by `performance.now()`. */
  readonly madeAt: number;
}

export interface Lock {
  release(): Promise<void>;
}

/** Another exporter writes to the file. */
export class PathInUseError extends Error {
  override readonly name = 'PathInUseError';
  /** It is one of the same config: what was there before a reload began to write before this exporter was made. */
  readonly isOfTheSameConfig: boolean;
  constructor(message: string, isOfTheSameConfig: boolean) {
    super(message);
    this.isOfTheSameConfig = isOfTheSameConfig;
  }
}

/** What a holder says of itself to who asks. */
interface Holder {
  readonly process: string;
  readonly pid: number;
  readonly exporter: string;
  /** By `performance.now()` of its process. */
  readonly heldSince: number;
}

const ourProcess = randomUUID();
const answerMs = 1_000;
const answerBytes = 4_096;
const nothing: Lock = { release: async () => {} };
/** Any other error says that there may be no such sockets here (`RestrictAddressFamilies`, a sandbox). */
const noRoom = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/**
 * Takes a file, or a pattern with one `*`, for one exporter of this machine; rejects with a PathInUseError if another has it.
 * The directory, up to the `*`, must be there. A lock is an abstract socket (unix(7)), which the kernel removes with its process however that
 * ends, and who holds it answers who it is. Only Linux has such sockets: where there are none, nothing is locked.
 */
export async function lock(path: string, { exporter, madeAt }: Owner): Promise<Lock> {
  if (process.platform !== 'linux') return nothing;
  const name = await socketName(path);
  const server = createServer((socket) => {
    const holder: Holder = { process: ourProcess, pid: process.pid, exporter, heldSince };
    socket.on('error', () => {});
    socket.end(JSON.stringify(holder), () => socket.destroy());
  });
  let heldSince = Infinity;
  for (let tries = 0; ; tries++) {
    server.listen({ path: name, exclusive: true }).unref();
    try {
      await once(server, 'listening');
      heldSince = performance.now();
      return { release: () => new Promise((resolve) => server.close(() => resolve())) };
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (noRoom.has(code)) throw error;
      if (code !== 'EADDRINUSE') return nothing;
      const holder = await holderOf(name);
      // It may have gone meanwhile.
      if (holder !== 'gone' || tries > 10) throw inUse(path, holder === 'gone' ? undefined : holder, madeAt);
    }
  }
}

function inUse(path: string, holder: Holder | undefined, madeAt: number): PathInUseError {
  if (!holder) return new PathInUseError(`${path} is in use by a process that does not say which it is.`, false);
  const isOurs = holder.process === ourProcess;
  const whose = isOurs ? '' : ` of another process (pid ${holder.pid})`;
  const message = `The exporter ${holder.exporter}${whose} writes to ${path} already: two cannot write to one file.`;
  return new PathInUseError(message, isOurs && holder.heldSince > madeAt);
}

/** The same for every way to write a path, and another for a path of the same name on another disk. */
export async function socketName(path: string): Promise<string> {
  const real = await realpath(path).catch(() => normalize(path));
  // What stands for several files is no file itself, and need not have all its directories.
  const directory = dirname(`${real.split('*', 1)[0]}-`);
  const { dev, ino } = await stat(directory, { bigint: true });
  const place = createHash('sha256')
    .update(`${dev}:${ino}:${relative(directory, real)}`)
    .digest('hex');
  return `\0millrace-file-${place}`;
}

/** Undefined where who has the socket does not say. */
async function holderOf(name: string): Promise<Holder | 'gone' | undefined> {
  const socket = connect({ path: name, signal: AbortSignal.timeout(answerMs) });
  let answer = '';
  try {
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.length > answerBytes) return undefined;
    }
    const holder = JSON.parse(answer) as Partial<Holder>;
    return typeof holder.exporter === 'string' ? (holder as Holder) : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'gone' : undefined;
  } finally {
    socket.destroy();
  }
}
