import type { Socket } from 'node:net';
import { SqlError } from '@millrace/sql';

const headerBytes = 10;
const ownVersion = 6;
/** Servers answer with the version that they speak; their other clients take these. */
const knownVersions: readonly number[] = [6, 7, 8];
const kinds = { json: 1, binary: 2 } as const;

/** A statement's error is a few kilobytes; more than this is no JSON message of SQreamDB's. */
const maxJsonBytes = 16 * 2 ** 20;

/** The messages of one connection: strictly one question, then its answer. */
export interface Messages {
  send(message: Readonly<Record<string, unknown>>): void;
  /** Rejects when the connection ends, or sends what is not of the protocol; it is closed then. */
  receiveJson(): Promise<Readonly<Record<string, unknown>>>;
  /** One binary message that must have exactly so many bytes. */
  receiveBinary(bytes: number): Promise<Buffer>;
  /** Whatever waits for a message is rejected with this. */
  destroy(reason: Error): void;
}

/** A header is 10 bytes: the version, the kind, and the length of what follows as 8 bytes, little endian. */
export function frame(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const framed = Buffer.allocUnsafe(headerBytes + bytes);
  framed[0] = ownVersion;
  framed[1] = kinds.json;
  framed.writeBigUInt64LE(BigInt(bytes), 2);
  framed.write(text, headerBytes);
  return framed;
}

export function createMessages(socket: Socket, server: string): Messages {
  const bytes = createByteReader(socket, server);

  async function receive(kind: keyof typeof kinds, wanted: { bytes?: number; most: number }): Promise<Buffer> {
    const header = await bytes.read(headerBytes);
    const problem = problemOf(header, kind, wanted);
    if (problem !== undefined) {
      const error = new SqlError('connection', `${server} does not speak SQreamDB's protocol: ${problem}.`);
      bytes.destroy(error);
      throw error;
    }
    return bytes.read(Number(header.readBigUInt64LE(2)));
  }

  return {
    send: (message) => void socket.write(frame(JSON.stringify(message))),
    async receiveJson() {
      const text = (await receive('json', { most: maxJsonBytes })).toString();
      const message = parseObject(text);
      if (message) return message;
      const error = new SqlError(
        'connection',
        `${server} sent a message that is not a JSON object: ${text.slice(0, 80)}`,
      );
      bytes.destroy(error);
      throw error;
    },
    receiveBinary: (size) => receive('binary', { bytes: size, most: size }),
    destroy: bytes.destroy,
  };
}

function problemOf(
  header: Buffer,
  kind: keyof typeof kinds,
  wanted: { bytes?: number; most: number },
): string | undefined {
  const [version = 0, found = 0] = header;
  if (!knownVersions.includes(version)) return `its version is ${version}, and ${knownVersions.join(', ')} are known`;
  if (found !== kinds[kind]) return `a message of kind ${found} came where ${kinds[kind]} (${kind}) is due`;
  const length = header.readBigUInt64LE(2);
  if (wanted.bytes !== undefined && length !== BigInt(wanted.bytes))
    return `rows of ${wanted.bytes} bytes were announced and ${length} came`;
  return length > BigInt(wanted.most) ? `a message of ${length} bytes` : undefined;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

export interface ByteReader {
  read(bytes: number): Promise<Buffer>;
  destroy(reason: Error): void;
}

/** What may come before it is asked for. A connection that waits is still read, to see its end. */
const maxUnaskedBytes = 64 * 1024;

/** Reads exact numbers of bytes, one read at a time. */
export function createByteReader(socket: Socket, server: string): ByteReader {
  let parts: Buffer[] = [];
  let held = 0;
  let wanted: { bytes: number; resolve(bytes: Buffer): void; reject(error: Error): void } | undefined;
  let ended: Error | undefined;

  const end = (reason: Error): void => {
    ended ??= reason;
    wanted?.reject(ended);
    wanted = undefined;
    parts = [];
    held = 0;
  };
  const take = (bytes: number): Buffer => {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts, held);
    parts = bytes < held ? [all.subarray(bytes)] : [];
    held -= bytes;
    return all.subarray(0, bytes);
  };

  socket.on('data', (part) => {
    parts.push(part as Buffer);
    held += part.length;
    if (wanted && held >= wanted.bytes) {
      const { bytes, resolve } = wanted;
      wanted = undefined;
      resolve(take(bytes));
    }
    if (!wanted && held > maxUnaskedBytes) socket.pause();
  });
  socket.on('error', (cause) => end(new SqlError('connection', `The connection to ${server} broke`, { cause })));
  socket.on('close', () => end(new SqlError('connection', `${server} closed the connection.`)));
  socket.on('end', () => end(new SqlError('connection', `${server} closed the connection.`)));

  return {
    read(bytes) {
      if (ended) return Promise.reject(ended);
      if (held >= bytes) return Promise.resolve(take(bytes));
      return new Promise((resolve, reject) => {
        wanted = { bytes, resolve, reject };
        socket.resume();
      });
    },
    destroy(reason) {
      end(reason);
      socket.destroy();
    },
  };
}
