import { decodeHuffman } from './huffman.ts';

/** Names in lower case. Of a name that comes more than once, the first. */
export type Fields = Readonly<Record<string, string>>;

/** https://www.rfc-editor.org/rfc/rfc7541#appendix-A; what stands after a colon is the value. */
const known = [
  ':authority|:method:GET|:method:POST|:path:/|:path:/index.html|:scheme:http|:scheme:https|:status:200|:status:204',
  ':status:206|:status:304|:status:400|:status:404|:status:500|accept-charset|accept-encoding:gzip, deflate',
  'accept-language|accept-ranges|accept|access-control-allow-origin|age|allow|authorization|cache-control',
  'content-disposition|content-encoding|content-language|content-length|content-location|content-range|content-type',
  'cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|if-unmodified-since',
  'last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after',
  'server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate',
]
  .join('|')
  .split('|')
  .map((text): readonly [name: string, value: string] => {
    const colon = text.indexOf(':', 1);
    return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  });

const literal = { prefix: 4, pattern: 0x00 } as const;
const neverIndexed = { prefix: 4, pattern: 0x10 } as const;

/**
 * A header block that does not depend on what was sent before, so the same one serves many requests. `secret` fields ask
 * whoever passes them on not to keep them.
 */
export function encodeFields(fields: Fields, secret: ReadonlySet<string>): Buffer {
  const bytes: number[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const exact = known.findIndex((entry) => entry[0] === name && entry[1] === value && value !== '');
    if (exact >= 0) {
      bytes.push(0x80 | (exact + 1));
      continue;
    }
    const form = secret.has(name) ? neverIndexed : literal;
    const index = known.findIndex((entry) => entry[0] === name) + 1;
    integer(bytes, index, form);
    if (index === 0) string(bytes, name);
    string(bytes, value);
  }
  return Buffer.from(bytes);
}

function integer(bytes: number[], value: number, { prefix, pattern }: { prefix: number; pattern: number }): void {
  const most = 2 ** prefix - 1;
  if (value < most) return void bytes.push(pattern | value);
  bytes.push(pattern | most);
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return undefined;
}

function string(bytes: number[], text: string): void {
  const content = Buffer.from(text, 'latin1');
  integer(bytes, content.length, { prefix: 7, pattern: 0 });
  for (const byte of content) bytes.push(byte);
}

/**
 * Decodes a header block of a server that was told to keep no table (SETTINGS_HEADER_TABLE_SIZE 0): there is only the
 * static one. Throws what is not well formed.
 */
export function decodeFields(block: Uint8Array): Fields {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 0;

  function byte(): number {
    const value = block[at++];
    if (value === undefined) throw new RangeError('The headers are cut.');
    return value;
  }
  function number(first: number, prefix: number): number {
    const most = 2 ** prefix - 1;
    let value = first & most;
    if (value < most) return value;
    for (let shift = 1; ; shift *= 0x80) {
      const next = byte();
      value += (next & 0x7f) * shift;
      if (value > 0xff_ffff) throw new RangeError('The headers have a number that is too great.');
      if (next < 0x80) return value;
    }
  }
  function text(): string {
    const first = byte();
    const size = number(first, 7);
    if (at + size > block.length) throw new RangeError('The headers are cut.');
    const content = block.subarray(at, (at += size));
    return first & 0x80 ? decodeHuffman(content) : Buffer.from(content).toString('latin1');
  }
  function entry(index: number): readonly [string, string] {
    const found = known[index - 1];
    if (!found) throw new RangeError(`The headers refer to entry ${index}, which there is not.`);
    return found;
  }

  while (at < block.length) {
    const first = byte();
    let name: string;
    let value: string;
    if (first & 0x80) {
      [name, value] = entry(number(first, 7));
    } else if ((first & 0xe0) === 0x20) {
      if (number(first, 5) > 0) throw new RangeError('The headers need a table that was not granted.');
      continue;
    } else {
      const index = number(first, first & 0x40 ? 6 : 4);
      name = index === 0 ? text() : entry(index)[0];
      value = text();
    }
    fields[name] ??= value;
  }
  return fields;
}
