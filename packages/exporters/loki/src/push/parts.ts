import { bodyOf } from '@millrace/http-client';
import { Arena } from '../arena.ts';
import type { Encoded } from '../encode.ts';
import type { Stream } from '../labels/streams.ts';
import { once, type Part } from '../part.ts';
import type { Codec, Entry, Lines } from './codec.ts';

export interface PartOptions {
  readonly codec: Codec;
  /** The most bytes of a request, before it is compressed. */
  readonly maxBytes: number;
  compress(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** Requests of one tenant each, within their size; the lines of a stream stay in their order over all of them. */
export function pushParts({ streams, entries }: Encoded, options: PartOptions): readonly Part[] {
  const { codec, maxBytes } = options;
  const tenants = new Map<string | undefined, Lines[]>();
  for (const lines of streams) {
    const { tenant } = lines.stream;
    const known = tenants.get(tenant);
    if (known) known.push(lines);
    else tenants.set(tenant, [lines]);
  }
  const parts: Part[] = [];
  for (const all of tenants.values()) {
    let part: Lines[] = [];
    let bytes = 0;
    const close = (): void => {
      if (part.length > 0) parts.push(partOf(part, entries, options));
      part = [];
      bytes = 0;
    };
    for (const lines of all) {
      const overhead = codec.overhead(lines.stream);
      let taken: Entry[] | undefined;
      for (const entry of lines.entries) {
        const size = codec.size(entry);
        if (bytes > 0 && bytes + size + (taken ? 0 : overhead) > maxBytes) {
          close();
          taken = undefined;
        }
        if (!taken) {
          part.push({ stream: lines.stream, entries: (taken = []) });
          bytes += overhead;
        }
        taken.push(entry);
        bytes += size;
      }
    }
    close();
  }
  return parts;
}

function partOf(streams: readonly Lines[], written: Buffer, options: PartOptions): Part {
  let lines = 0;
  for (const { entries } of streams) lines += entries.length;
  return {
    tenant: streams[0]!.stream.tenant,
    lines,
    body: once(async () => {
      let size = 64;
      for (const { stream, entries } of streams) {
        size += options.codec.overhead(stream);
        for (const entry of entries) size += options.codec.size(entry);
      }
      const to = new Arena(size);
      options.codec.request(to, streams, written);
      return bodyOf([await options.compress(to.buffer.subarray(0, to.at))]);
    }),
    halves() {
      const [first, second] = halved(streams, lines >> 1);
      return [partOf(first, written, options), partOf(second, written, options)];
    },
    linesOf(text) {
      const wanted = comparable(text);
      return streams.find(({ stream }) => isStream(stream, wanted))?.entries.length;
    },
  };
}

/** The first so many lines, and the others. */
function halved(streams: readonly Lines[], count: number): readonly [Lines[], Lines[]] {
  const [first, second]: [Lines[], Lines[]] = [[], []];
  let room = count;
  for (const { stream, entries } of streams) {
    const before = entries.slice(0, room);
    const after = entries.slice(room);
    if (before.length > 0) first.push({ stream, entries: before });
    if (after.length > 0) second.push({ stream, entries: after });
    room -= before.length;
  }
  return [first, second];
}

/** Loki adds the label `service_name` to streams without one. */
const comparable = (text: string): string =>
  text.replace(/(?<=[{ ])service_name="(?:[^"\\]|\\.)*"(?:, )?/, '').replace(/, }$/, '}');

const isStream = ({ text }: Stream, wanted: string): boolean => comparable(text) === wanted;
