import { cells } from '../screen.ts';

/** Of a long name the beginning and the end, which is where names differ. */
export function shorten(text: string, room: number): string {
  if (cells(text) <= room) return text;
  const characters = Array.from(text);
  let [begin, end] = ['', ''];
  let [left, right] = [0, characters.length - 1];
  for (let isEnd = true; left <= right; isEnd = !isEnd) {
    const next = characters[isEnd ? right : left]!;
    if (cells(begin) + cells(end) + cells(next) + 1 > room) break;
    if (isEnd) {
      end = next + end;
      right--;
    } else {
      begin += next;
      left++;
    }
  }
  return `${begin}…${end}`;
}

/** Each line of the table in so many columns. */
export const fitTop = (text: string, width: number): string => fitLines(text.split('\n'), width);

/** Columns of numbers that stand before a name, in the lines of a table. */
const numbers = /^ *[\d.-]\S* +\S+% +\S+% +\S+ +\S+% {2}/;

function fitLines(lines: readonly string[], width: number): string {
  return lines
    .map((line) => {
      const prefix = numbers.exec(line)?.[0] ?? /^(?:.*\| {1,3})?/.exec(line)?.[0] ?? '';
      return prefix + shorten(line.slice(prefix.length), Math.max(8, width - prefix.length));
    })
    .join('\n');
}

/** What the tree has for a function, and for a call: with the sum of shares and the room that it takes left out. */
const ofNode = /^(.{10}) (.{6}) .{6} (.{10}) (.{6}) {16}\| /;
const ofCall = /^ {18,}(.{1,32}) (.{6}) \| {3}/;

/** The tree of go tool pprof takes 61 columns for numbers; below 120 they are moved together. */
export function fitTree(text: string, width: number): string {
  if (width >= 120) return fitLines(text.split('\n'), width);
  const rule = `${'-'.repeat(36)}+${'-'.repeat(Math.max(0, Math.min(width, 80) - 37))}`;
  const lines = text.split('\n').map((line) => {
    if (/^-+\+-+$/.test(line)) return rule;
    if (line.startsWith('      flat  flat%')) return '      flat  flat%        cum   cum% | calls, calls%';
    return line
      .replace(
        ofNode,
        (_, flat: string, flatShare: string, cum: string, cumShare: string) =>
          `${flat} ${flatShare} ${cum} ${cumShare} | `,
      )
      .replace(ofCall, (_, value: string, share: string) => `${value.trim().padStart(28)} ${share} |   `);
  });
  return fitLines(lines, width);
}
