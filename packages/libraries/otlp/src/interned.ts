import { hashOf, isSame } from './hash.ts';

const slots = 8192;
const longest = 128;

/** A bounded table of short texts by their UTF-8, so that those which come again are made once. What collides replaces. */
function textTable(make: (text: string) => string) {
  const kept = Buffer.alloc(slots * longest);
  const keptView = new DataView(kept.buffer, kept.byteOffset, kept.byteLength);
  const sizes = new Uint8Array(slots);
  const texts: string[] = Array.from({ length: slots }, () => '');

  return (bytes: Buffer, view: DataView, { start, end }: { readonly start: number; readonly end: number }): string => {
    const size = end - start;
    if (size > longest) return bytes.toString('utf8', start, end);
    const slot = hashOf(view, start, end) & (slots - 1);
    if (sizes[slot] === size && isSame(keptView, slot * longest, { view, start, size })) return texts[slot]!;
    const text = make(bytes.toString('utf8', start, end));
    texts[slot] = text;
    sizes[slot] = size;
    bytes.copy(kept, slot * longest, start, end);
    return text;
  };
}

export const internText = textTable((text) => text);

/** As names of properties are kept by the engine: using them as such, and reading their characters, is faster then. */
export const internKey = textTable((text) => Object.keys({ [text]: 0 })[0]!);
