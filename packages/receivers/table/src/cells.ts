import type { FormatConfig } from './config.ts';

/** Takes a line apart. Throws an Error that says what is wrong with the line. */
export type Split = (line: string) => readonly string[];

export function createSplit({ separator, delimiter, pattern, widths = [] }: FormatConfig): Split {
  switch (separator) {
    case 'whitespace':
      return (line) => line.trim().split(/\s+/);
    case 'tab':
      return (line) => line.split('\t').map((cell) => cell.trim());
    case 'csv':
      return (line) => splitCsv(line, delimiter);
    case 'fixed':
      return (line) => splitFixed(line, widths);
    case 'regex': {
      const between = new RegExp(pattern!);
      return (line) => line.trim().split(between);
    }
  }
}

function splitFixed(line: string, widths: readonly number[]): string[] {
  let at = 0;
  return widths.map((width, index) => {
    const from = at;
    at += width;
    return line.slice(from, index === widths.length - 1 ? undefined : at).trim();
  });
}

/** https://www.rfc-editor.org/rfc/rfc4180, but a cell ends with its line. */
function splitCsv(line: string, delimiter: string): string[] {
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const start = at;
    const next = line.indexOf(delimiter, start);
    const cell = line.slice(start, next < 0 ? undefined : next).trim();
    if (cell.startsWith('"')) {
      at = line.indexOf('"', at) + 1;
      let text = '';
      for (;;) {
        const end = line.indexOf('"', at);
        if (end < 0) throw new Error('a quotation mark is not closed');
        text += line.slice(at, end);
        at = end + 1;
        if (line[at] !== '"') break;
        text += '"';
        at++;
      }
      const after = line.indexOf(delimiter, at);
      if (line.slice(at, after < 0 ? undefined : after).trim() !== '') throw new Error('text follows a quotation mark');
      cells.push(text);
      if (after < 0) return cells;
      at = after + delimiter.length;
      continue;
    }
    cells.push(cell);
    if (next < 0) return cells;
    at = next + delimiter.length;
  }
}
