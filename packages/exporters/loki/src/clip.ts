/** The start of a text that has at most so many bytes of UTF-8, ending between two characters. 0: all of it. */
export function clipped(text: string, maxBytes: number): string {
  // A unit of UTF-16 takes at most three bytes.
  if (maxBytes === 0 || text.length * 3 <= maxBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
