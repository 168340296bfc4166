import type { Socket } from 'node:net';
import { flag, frame, frameType, headSize, maxFrameSize, writeHead } from './frames.ts';

const defaultWindow = 65_535;
const largestWindow = 2 ** 31 - 1;

/** What is being sent of a request. */
export interface Sending {
  readonly id: number;
  readonly block: Buffer;
  readonly chunks: readonly Uint8Array[];
  /** What is left begins at this byte of this chunk. */
  left: number;
  index: number;
  offset: number;
  /** What the server takes of it now; more than is said here where it has changed its mind. */
  window: number;
}

export interface Sender {
  /** Headers and body in one write, as far as the server has room. */
  send(sending: Sending): void;
  /** Sends what waits for room; to be called after `grant`. */
  resume(): void;
  /** The rest is not sent. */
  drop(sending: Sending): void;
  /** There is more room: for this one, or for all together. */
  grant(bytes: number, sending?: Sending): void;
  /** Throws what is not allowed. */
  setInitialWindow(bytes: number, under: Iterable<Sending>): void;
  setFrameSize(bytes: number): void;
}

/** Sends as much as the server's windows allow: https://www.rfc-editor.org/rfc/rfc9113#section-5.2 */
export function createSender(socket: Socket): Sender {
  const blocked = new Set<Sending>();
  let window = defaultWindow;
  let initialWindow = defaultWindow;
  let frameSize = maxFrameSize;

  function sendHeaders({ id, block }: Sending): void {
    for (let at = 0; at === 0 || at < block.length; at += frameSize) {
      const piece = block.subarray(at, at + frameSize);
      const type = at === 0 ? frameType.headers : frameType.continuation;
      const flags = at + frameSize >= block.length ? flag.endHeaders : 0;
      socket.write(frame({ type, flags, stream: id }, piece));
    }
  }

  function sendData(sending: Sending): void {
    while (sending.left > 0) {
      const size = Math.min(sending.left, sending.window, window, frameSize);
      if (size <= 0) return void blocked.add(sending);
      sending.left -= size;
      sending.window -= size;
      window -= size;
      const flags = sending.left === 0 ? flag.endStream : 0;
      const head = Buffer.allocUnsafe(headSize);
      writeHead(head, 0, { size, type: frameType.data, flags, stream: sending.id });
      socket.write(head);
      sendBytes(sending, size);
    }
    blocked.delete(sending);
    return undefined;
  }

  /** The next bytes of the chunks, without copying them. */
  function sendBytes(sending: Sending, size: number): void {
    for (let rest = size; rest > 0; ) {
      const chunk = sending.chunks[sending.index]!;
      const end = Math.min(sending.offset + rest, chunk.length);
      if (end > sending.offset) socket.write(chunk.subarray(sending.offset, end));
      rest -= end - sending.offset;
      sending.offset = end;
      if (end < chunk.length) continue;
      sending.index++;
      sending.offset = 0;
    }
  }

  return {
    send(sending) {
      sending.window = initialWindow;
      socket.cork();
      sendHeaders(sending);
      sendData(sending);
      socket.uncork();
    },
    resume() {
      if (blocked.size === 0 || !socket.writable) return;
      socket.cork();
      for (const sending of [...blocked]) sendData(sending);
      socket.uncork();
    },
    drop: (sending) => void blocked.delete(sending),
    grant(bytes, sending) {
      if (sending) sending.window += bytes;
      else window += bytes;
    },
    setInitialWindow(bytes, under) {
      if (bytes > largestWindow) throw new RangeError('The server has a window that is too great.');
      for (const sending of under) sending.window += bytes - initialWindow;
      initialWindow = bytes;
    },
    setFrameSize(bytes) {
      if (bytes < maxFrameSize || bytes > 0xff_ffff) throw new RangeError('The server wants frames of a wrong size.');
      frameSize = bytes;
    },
  };
}
