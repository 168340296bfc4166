import { cells } from '../screen.ts';
import { paint, type Paint } from './paint.ts';

export interface Cell {
  readonly text: string;
  readonly paint?: Paint | undefined;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Where there is not room for all, those with the highest number go first. 0: it stays, if need be with its text cut. */
  readonly rank: number;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Page {
  /** Cells of the terminal; Infinity where there is none. */
  readonly width: number;
  readonly color: boolean;
}

const gap = '  ';

/** Headings and a line a row, as many columns as fit. The titles of the others are in `hidden`. */
export function layTable({ columns, rows }: Table, { width, color }: Page): { lines: string[]; hidden: string[] } {
  const widths = columns.map(({ title }, at) => Math.max(cells(title), ...rows.map((row) => cells(row[at]!.text))));
  const shown = fitting(columns, widths, width);
  const longest = shown.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
  widths[longest] = Math.max(4, widths[longest]! + Math.min(0, width - total(shown, widths)));
  const lay = (row: readonly Cell[]): string =>
    shown
      .map((at, place) => {
        const text = cut(row[at]!.text, widths[at]!);
        const space = ' '.repeat(widths[at]! - cells(text));
        const how = row[at]!.paint;
        const painted = how && color ? paint(how, text) : text;
        if (columns[at]!.align === 'right') return space + painted;
        return place === shown.length - 1 ? painted : painted + space;
      })
      .join(gap);
  const heading = lay(columns.map(({ title }) => ({ text: title, paint: 'dim' })));
  const hidden = columns.filter((_, at) => !shown.includes(at)).map(({ title }) => title);
  return { lines: [heading, ...rows.map(lay)], hidden };
}

const total = (columns: readonly number[], widths: readonly number[]): number =>
  columns.reduce((sum, at) => sum + widths[at]! + gap.length, -gap.length);

/** The indices of the columns that are shown, in their order. */
function fitting(columns: readonly Column[], widths: readonly number[], room: number): readonly number[] {
  let shown = [...columns.keys()];
  const leaving = shown.filter((at) => columns[at]!.rank > 0).sort((a, b) => columns[b]!.rank - columns[a]!.rank);
  for (const at of leaving) {
    if (total(shown, widths) <= room) break;
    shown = shown.filter((one) => one !== at);
  }
  return shown;
}

function cut(text: string, width: number): string {
  if (cells(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += cells(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Items side by side, on as many lines as they need. */
export function flow(items: readonly Cell[], { width, color }: Page): string[] {
  const separator = ' · ';
  const lines: Cell[][] = [];
  let used = 0;
  for (const item of items) {
    const size = cells(item.text);
    if (lines.length === 0 || used + separator.length + size > width) {
      lines.push([]);
      used = -separator.length;
    }
    lines.at(-1)!.push(item);
    used += separator.length + size;
  }
  return lines.map((line) =>
    line.map(({ text, paint: how }) => (how && color ? paint(how, text) : text)).join(separator),
  );
}

/** A sentence on as many lines as it needs; a word longer than a line is left to be clipped. */
export const wrap = (text: string, width: number): string[] =>
  text.split(' ').reduce((lines: string[], word) => {
    const last = lines.at(-1);
    if (last === undefined || cells(last) + 1 + cells(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
    return lines;
  }, []);
