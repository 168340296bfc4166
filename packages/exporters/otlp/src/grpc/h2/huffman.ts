/**
 * The length in bits of the code for each byte, and for the end of a string. The codes themselves follow from it: those of
 * the same length count up. https://www.rfc-editor.org/rfc/rfc7541#appendix-B
 */
// biome-ignore format: sixteen a line
const lengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const endOfString = 256;

/** A tree: a node has two entries, the next node or, below zero, what the code means. */
const tree = grow();

function grow(): Int16Array {
  const nodes = [0, 0];
  const symbols = lengths.map((length, symbol) => ({ length, symbol }));
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  let code = 0;
  let before = 0;
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - before);
    before = length;
    let node = 0;
    for (let bit = length - 1; bit >= 0; bit--) {
      const entry = node * 2 + (Math.floor(code / 2 ** bit) % 2);
      if (bit === 0) {
        nodes[entry] = -1 - symbol;
      } else {
        if (nodes[entry] === 0) {
          nodes[entry] = nodes.length / 2;
          nodes.push(0, 0);
        }
        node = nodes[entry]!;
      }
    }
    code++;
  }
  return Int16Array.from(nodes);
}

/** Throws what is no such string. */
export function decodeHuffman(bytes: Uint8Array): string {
  let text = '';
  let node = 0;
  let bits = 0;
  let areOnes = true;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const value = (byte >> bit) & 1;
      const next = tree[node * 2 + value]!;
      bits++;
      areOnes &&= value === 1;
      if (next >= 0) {
        node = next;
        continue;
      }
      const symbol = -1 - next;
      if (symbol === endOfString) throw new RangeError('A string has its end in the middle.');
      text += String.fromCharCode(symbol);
      node = 0;
      bits = 0;
      areOnes = true;
    }
  }
  // What fills up the last byte is the beginning of the end: ones, and less than a byte of them.
  if (bits > 7 || !areOnes) throw new RangeError('A string is cut.');
  return text;
}
