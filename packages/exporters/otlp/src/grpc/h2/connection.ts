import type { Socket } from 'node:net';
import { describeError } from '@millrace/core';
import type { Frame } from './frames.ts';
import { errorCode, flag, frame, frameReader, frameType, setting, settingsFrame, uint32, unpadded } from './frames.ts';
import type { Headers } from './header-blocks.ts';
import { headerBlocks } from './header-blocks.ts';
import type { Fields } from './hpack.ts';
import type { Sending } from './sender.ts';
import { createSender } from './sender.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const lastId = 2 ** 31 - 1;
/** What a server may send in one answer before it is told that there is room for more, which it never is. */
const answerWindow = 128 * 1024;
/** After this much the server is given room again. */
const creditBytes = 2 ** 29;

/** How a request ended. */
export interface Outcome {
  readonly headers: Fields | undefined;
  readonly trailers: Fields | undefined;
  readonly body: readonly Buffer[];
  readonly bodyBytes: number;
  /** Why it has no end. */
  readonly failure: Error | undefined;
  /** The server has not looked at it. */
  readonly refused: boolean;
}

export interface Request {
  /** From `encodeFields`. */
  readonly block: Buffer;
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  /** An answer that has more ends there. */
  readonly maxAnswerBytes: number;
  /** Called once, unless it is cancelled. */
  readonly settle: (outcome: Outcome) => void;
}

/** A request under way; its `id` is 0 while it waits for its turn. */
export interface Stream extends Sending {
  id: number;
  readonly request: Request;
  headers: Fields | undefined;
  trailers: Fields | undefined;
  readonly body: Buffer[];
  bodyBytes: number;
}

const streamOf = (request: Request): Stream => ({
  request,
  block: request.block,
  chunks: request.chunks,
  left: request.bytes,
  id: 0,
  index: 0,
  offset: 0,
  window: 0,
  headers: undefined,
  trailers: undefined,
  body: [],
  bodyBytes: 0,
});

export interface Events {
  /** What the server begins with has come. */
  ready(): void;
  /** It takes no more requests. Those under way may still end. */
  closed(): void;
  destroyed(error: Error | undefined): void;
}

export interface Connection {
  /** How many requests the server takes at once. */
  readonly maxStreams: number;
  readonly closed: boolean;
  readonly destroyed: boolean;
  request(request: Request): Stream;
  /** Its answer is not wanted any more. */
  cancel(stream: Stream): void;
  ping(answered: () => void): void;
  /** Lets the requests under way end. */
  close(): void;
  destroy(error?: Error): void;
}

/**
 * The client's side of an HTTP/2 connection, as far as unary calls need it: requests whose body is there, answers that are
 * small. A request of 200 KB takes 0.15 ms of CPU, where node:http2 takes 0.39: headers are encoded once, and a request is one
 * write.
 */
export function openConnection(socket: Socket, events: Events): Connection {
  const streams = new Map<number, Stream>();
  const waiting: Stream[] = [];
  const sender = createSender(socket);
  const headersOf = headerBlocks();
  const pings: (() => void)[] = [];
  let nextId = 1;
  let maxStreams = Infinity;
  let isReady = false;
  let isClosed = false;
  let credit = creditBytes;
  let failure: Error | undefined;

  function outcome(stream: Stream, more: { failure?: Error | undefined; refused?: boolean } = {}): Outcome {
    const { headers: first, trailers, body, bodyBytes } = stream;
    return { headers: first, trailers, body, bodyBytes, failure: more.failure, refused: more.refused ?? false };
  }

  function remove(stream: Stream): void {
    streams.delete(stream.id);
    sender.drop(stream);
    if (waiting.length > 0) startWaiting();
    endIfDone();
  }

  function startWaiting(): void {
    while (waiting.length > 0 && streams.size < maxStreams && socket.writable) start(waiting.shift()!);
  }

  function endIfDone(): void {
    if (!isClosed || streams.size > 0 || waiting.length > 0 || !socket.writable) return;
    socket.end(frame({ type: frameType.goAway }, uint32(0, errorCode.none)));
  }

  function stopTaking(): void {
    if (isClosed) return;
    isClosed = true;
    events.closed();
  }

  function start(stream: Stream): void {
    stream.id = nextId;
    nextId += 2;
    streams.set(stream.id, stream);
    sender.send(stream);
    if (nextId >= lastId) stopTaking();
  }

  function reset(stream: Stream): void {
    say(frame({ type: frameType.reset, stream: stream.id }, uint32(errorCode.cancel)));
  }

  function end(stream: Stream): void {
    // It has answered without having read all: the rest need not come.
    if (stream.left > 0) reset(stream);
    remove(stream);
    stream.request.settle(outcome(stream));
  }

  function takeHeaders({ stream: id, fields, endStream }: Headers): void {
    const stream = streams.get(id);
    if (!stream) return;
    if (stream.headers) stream.trailers = fields;
    // 1xx says that the answer is still to come.
    else if (!fields[':status']?.startsWith('1')) stream.headers = fields;
    if (endStream) end(stream);
  }

  function takeData(received: Frame): void {
    credit -= received.payload.length;
    if (credit < creditBytes / 2) {
      say(frame({ type: frameType.windowUpdate }, uint32(creditBytes - credit)));
      credit = creditBytes;
    }
    const stream = streams.get(received.stream);
    if (!stream) return;
    const content = unpadded(received);
    stream.bodyBytes += content.length;
    stream.body.push(content);
    const isOver = stream.bodyBytes > stream.request.maxAnswerBytes;
    if (isOver && stream.left === 0) reset(stream);
    if (isOver || received.flags & flag.endStream) end(stream);
  }

  function takeReset({ stream: id, payload }: Frame): void {
    const stream = streams.get(id);
    if (!stream) return;
    const code = payload.readUInt32BE(0);
    remove(stream);
    const refused = code === errorCode.refusedStream && !stream.headers;
    const said = new Error(`The server has reset the stream, with code ${code}.`);
    stream.request.settle(outcome(stream, { failure: said, refused }));
  }

  function takeSettings({ flags, payload }: Frame): void {
    if (flags & flag.ack) return;
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2);
      switch (payload.readUInt16BE(at)) {
        case setting.maxConcurrentStreams:
          maxStreams = value;
          break;
        case setting.initialWindowSize:
          sender.setInitialWindow(value, streams.values());
          break;
        case setting.maxFrameSize:
          sender.setFrameSize(value);
          break;
      }
    }
    say(frame({ type: frameType.settings, flags: flag.ack }, Buffer.alloc(0)));
    if (!isReady) {
      isReady = true;
      events.ready();
    }
    startWaiting();
  }

  function takeWindowUpdate({ stream: id, payload }: Frame): void {
    const more = payload.readUInt32BE(0) & 0x7fff_ffff;
    const stream = streams.get(id);
    if (id === 0 || stream) sender.grant(more, stream);
  }

  function takeGoAway({ payload }: Frame): void {
    const last = payload.readUInt32BE(0) & 0x7fff_ffff;
    stopTaking();
    const unread = [...waiting.splice(0), ...[...streams.values()].filter(({ id }) => id > last)];
    for (const stream of unread) {
      remove(stream);
      stream.request.settle(outcome(stream, { refused: true }));
    }
    endIfDone();
  }

  function take(received: Frame): void {
    const { type } = received;
    if (!isReady && type !== frameType.settings) throw new RangeError('The server does not speak HTTP/2.');
    const headers = headersOf(received);
    if (headers) return takeHeaders(headers);
    switch (type) {
      case frameType.data:
        return takeData(received);
      case frameType.reset:
        return takeReset(received);
      case frameType.settings:
        return takeSettings(received);
      case frameType.windowUpdate:
        return takeWindowUpdate(received);
      case frameType.goAway:
        return takeGoAway(received);
      case frameType.ping:
        if (received.flags & flag.ack) pings.shift()?.();
        else say(frame({ type, flags: flag.ack }, received.payload));
        return undefined;
      case frameType.pushPromise:
        throw new RangeError('The server pushes, which it was told not to.');
      default:
        // Kinds of frames that came later, or that say nothing to us.
        return undefined;
    }
  }

  function destroy(error?: Error): void {
    failure ??= error;
    socket.destroy();
  }

  /** What the server asks for after the end was said, it need not get. */
  function say(bytes: Buffer): void {
    if (socket.writable) socket.write(bytes);
  }

  const read = frameReader(take);
  socket.on('data', (chunk) => {
    try {
      if (socket.destroyed) return;
      read(chunk);
      // Once for all the room that came together: fewer and greater frames.
      sender.resume();
    } catch (error) {
      destroy(new Error(`Protocol error of HTTP/2: ${describeError(error)}`));
    }
  });
  socket.on('error', (error) => (failure ??= error));
  socket.once('close', () => {
    stopTaking();
    for (const stream of waiting.splice(0)) stream.request.settle(outcome(stream, { failure, refused: true }));
    for (const stream of [...streams.values()]) {
      streams.delete(stream.id);
      stream.request.settle(outcome(stream, { failure }));
    }
    events.destroyed(failure);
  });
  socket.cork();
  socket.write(preface);
  socket.write(
    settingsFrame({ [setting.headerTableSize]: 0, [setting.enablePush]: 0, [setting.initialWindowSize]: answerWindow }),
  );
  socket.write(frame({ type: frameType.windowUpdate }, uint32(creditBytes)));
  socket.uncork();

  return {
    get maxStreams() {
      return maxStreams;
    },
    get closed() {
      return isClosed;
    },
    get destroyed() {
      return socket.destroyed;
    },
    request(request) {
      const stream = streamOf(request);
      waiting.push(stream);
      startWaiting();
      return stream;
    },
    cancel(stream) {
      const at = waiting.indexOf(stream);
      if (at >= 0) waiting.splice(at, 1);
      if (streams.get(stream.id) !== stream || socket.destroyed) return;
      reset(stream);
      remove(stream);
    },
    ping(answered) {
      pings.push(answered);
      say(frame({ type: frameType.ping }, Buffer.alloc(8)));
    },
    close() {
      stopTaking();
      endIfDone();
    },
    destroy,
  };
}
