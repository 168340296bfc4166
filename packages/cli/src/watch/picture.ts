import { cells } from '../screen.ts';
import { paint } from './paint.ts';
import { wrap } from './table.ts';

interface Content {
  readonly endpoint: string;
  readonly body: readonly string[];
  /** Sentences that stand above the last line. */
  readonly notices: readonly string[];
  readonly status: string;
}

/** As many lines as the terminal has: the body from `top` on, then what is to be noticed, then the state of the connection. */
export function picture(
  { endpoint, body, notices, status }: Content,
  { width, height, color, top }: { width: number; height: number; color: boolean; top: number },
): { readonly lines: string[]; readonly top: number } {
  const noticed = notices
    .flatMap((text) => wrap(text, width))
    .slice(0, Math.max(0, height - 2))
    .map((line) => (color ? paint('red', line) : line));
  const room = Math.max(0, height - 1 - noticed.length);
  const first = Math.min(top, Math.max(0, body.length - room));
  const seen = body.slice(first, first + room);
  const place = body.length > room ? `lines ${first + 1}–${first + seen.length} of ${body.length}, ↑ ↓ scroll, ` : '';
  const filling = Array<string>(room - seen.length).fill('');
  const last = bar(` ${status}  ${endpoint}`, `${place}q ends `, { width, color });
  return { lines: [...seen, ...filling, ...noticed, last], top: first };
}

/** The last line: what there is room for of the left side, and the right side. */
function bar(
  left: string,
  right: string,
  { width, color }: { readonly width: number; readonly color: boolean },
): string {
  const room = width - cells(right) - 1;
  const shown = cells(left) > room ? `${left.slice(0, Math.max(0, room - 1))}…` : left;
  const text = `${shown}${' '.repeat(Math.max(1, width - cells(shown) - cells(right)))}${right}`;
  return color ? paint('inverse', text) : text;
}
