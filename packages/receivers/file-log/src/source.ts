import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** The content of a file, by offsets in what a reader of it sees. */
export interface Source {
  /** As many bytes as there are, up to the size of the buffer. */
  read(into: Buffer, offset: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens what is at the path; undefined if that is another file by now. */
export async function openFile(path: string, file: string): Promise<FileHandle | undefined> {
  // Without O_NONBLOCK, a named pipe that takes the file's place would hang here.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { dev, ino } = await handle.stat({ bigint: true });
  if (`${dev}:${ino}` === file) return handle;
  await handle.close();
  return undefined;
}

export const plainSource = (handle: FileHandle): Source => ({
  async read(into, offset) {
    let length = 0;
    while (length < into.length) {
      const { bytesRead } = await handle.read(into, length, into.length - length, offset + length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length;
  },
  close: () => handle.close(),
});

/** Reads forwards: an offset before that of the last read begins anew. A file that ends early ends there. */
export function gzipSource(handle: FileHandle): Source {
  let stop: (() => void) | undefined;
  let chunks: AsyncIterator<Buffer> | undefined;
  let kept: Buffer = Buffer.alloc(0);
  let at = 0;
  let isEnded = false;

  function restart(): void {
    const gunzip = createGunzip();
    const file = handle.createReadStream({ start: 0, autoClose: false });
    file.on('error', (error) => gunzip.destroy(error));
    stop?.();
    stop = () => {
      file.destroy();
      gunzip.destroy();
    };
    chunks = file.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    kept = Buffer.alloc(0);
    at = 0;
    isEnded = false;
  }

  return {
    async read(into, offset) {
      if (!chunks || offset < at || isEnded) restart();
      while (at + kept.length < offset + into.length && !isEnded) {
        try {
          const { value, done } = await chunks!.next();
          if (done) isEnded = true;
          else kept = kept.length === 0 ? (value as Buffer) : Buffer.concat([kept, value as Buffer]);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'Z_BUF_ERROR') throw error;
          isEnded = true;
        }
        const passed = Math.min(Math.max(offset - at, 0), kept.length);
        kept = kept.subarray(passed);
        at += passed;
      }
      const start = offset - at;
      return start > kept.length ? 0 : kept.copy(into, 0, start, start + into.length);
    },
    async close() {
      stop?.();
      chunks = undefined;
      await handle.close();
    },
  };
}
