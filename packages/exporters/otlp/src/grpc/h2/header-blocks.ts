import type { Frame } from './frames.ts';
import { flag, frameType, unpadded } from './frames.ts';
import type { Fields } from './hpack.ts';
import { decodeFields } from './hpack.ts';

const maxBlockBytes = 64 * 1024;

export interface Headers {
  readonly stream: number;
  readonly fields: Fields;
  readonly endStream: boolean;
}

/**
 * Puts headers together that come in several frames: takes every frame, and gives the headers that end with it. Throws what
 * may not stand between them, or is too much.
 */
export function headerBlocks(): (frame: Frame) => Headers | undefined {
  let open: { readonly stream: number; readonly flags: number; readonly parts: Buffer[]; size: number } | undefined;
  return (frame) => {
    const { type, flags, stream } = frame;
    if (open && (type !== frameType.continuation || stream !== open.stream)) throw new RangeError('Headers were cut.');
    if (type === frameType.headers) {
      const content = unpadded(frame);
      const part = flags & flag.priority ? content.subarray(5) : content;
      open = { stream, flags, parts: [part], size: part.length };
    } else if (type === frameType.continuation) {
      if (!open) throw new RangeError('Headers go on that did not begin.');
      open.parts.push(frame.payload);
      open.size += frame.payload.length;
    }
    if (!open) return undefined;
    if (open.size > maxBlockBytes) throw new RangeError(`Headers have more than ${maxBlockBytes} bytes.`);
    if (!(flags & flag.endHeaders)) return undefined;
    const { parts, flags: first } = open;
    open = undefined;
    const fields = decodeFields(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    return { stream, fields, endStream: (first & flag.endStream) !== 0 };
  };
}
