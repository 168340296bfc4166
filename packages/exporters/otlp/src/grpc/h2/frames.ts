/** https://www.rfc-editor.org/rfc/rfc9113#section-6 */
export const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;
export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const;
export const errorCode = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  frameSize: 6,
  refusedStream: 7,
  cancel: 8,
  compression: 9,
} as const;

export const headSize = 9;
/** What we take: the least that is allowed. */
export const maxFrameSize = 16_384;

export interface FrameHead {
  readonly size: number;
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
}

export function writeHead(bytes: Buffer, at: number, { size, type, flags = 0, stream = 0 }: FrameHead): number {
  bytes.writeUIntBE(size, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes.writeUInt32BE(stream, at + 5);
  return at + headSize;
}

export function frame(head: Omit<FrameHead, 'size'>, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headSize + payload.length);
  bytes.set(payload, writeHead(bytes, 0, { ...head, size: payload.length }));
  return bytes;
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

export function settingsFrame(settings: Readonly<Record<number, number>>): Buffer {
  const entries = Object.entries(settings);
  const payload = Buffer.allocUnsafe(6 * entries.length);
  entries.forEach(([id, value], index) => {
    payload.writeUInt16BE(Number(id), index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  });
  return frame({ type: frameType.settings }, payload);
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Cuts what comes from a socket into frames. Throws one that is greater than what we take. */
export function frameReader(take: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= headSize) {
      const size = bytes.readUIntBE(at, 3);
      if (size > maxFrameSize) throw new RangeError(`The server sent a frame of ${size} bytes, or no HTTP/2 at all.`);
      const end = at + headSize + size;
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + headSize, end);
      const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      take({ type: bytes[at + 3]!, flags: bytes[at + 4]!, stream, payload });
      at = end;
    }
    rest = bytes.subarray(at);
  };
}

/** The payload without its padding. */
export function unpadded({ flags, payload }: Frame): Buffer {
  if (!(flags & flag.padded)) return payload;
  const padding = payload[0] ?? 0;
  if (payload.length < 1 + padding) throw new RangeError('A frame has more padding than content.');
  return payload.subarray(1, payload.length - padding);
}
