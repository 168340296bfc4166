/** Fields to go down through, from an ExportMetricsServiceRequest to the data points of a metric, whatever its type. */
const path: readonly (readonly number[])[] = [[1], [2], [2], [5, 7, 9, 10, 11], [1]];

/** How many data points an encoded metrics request has. What is not gone through is skipped by its length. */
export function countPoints(bytes: Uint8Array): number {
  let at = 0;

  function varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('The request is cut.');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  function count(end: number, depth: number): number {
    let points = 0;
    while (at < end) {
      const tag = varint();
      const wire = tag & 7;
      if (wire === 2) {
        const length = varint();
        const last = at + length;
        if (last > end) throw new RangeError('The request is cut.');
        if (path[depth]!.includes(tag >>> 3)) {
          if (depth === path.length - 1) points++;
          else points += count(last, depth + 1);
        }
        at = last;
      } else if (wire === 0) varint();
      else if (wire === 1) at += 8;
      else if (wire === 5) at += 4;
      else throw new RangeError(`The request has a field of wire type ${wire}.`);
    }
    return points;
  }

  return count(bytes.length, 0);
}
