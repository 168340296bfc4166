import { createSplit } from './cells.ts';
import type { FormatConfig } from './config.ts';

export interface Row {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export const noRows: Table = { columns: [], rows: [] };

export type Fault = (message: string) => void;

/**
 * Finds the rows of a table in a text. What is wrong is told by `fault`, with the line; the rest is read. Undefined if there
 * is no table: its header is not there.
 */
export function createParser(format: FormatConfig): (text: string, fault: Fault) => Table | undefined {
  const { skip_lines: skipLines, header, columns: named, uneven_rows: uneven } = format;
  const split = createSplit(format);
  const skip = new RegExp(format.skip);
  const wanted = format.rows === undefined ? undefined : new RegExp(format.rows);
  const ends = format.ends === undefined ? undefined : new RegExp(format.ends);
  const headerPattern = typeof header === 'string' ? new RegExp(header) : undefined;

  /** The index of the header; -1 where there is none to look for; undefined if it is not there. */
  function headerAt(lines: readonly string[]): number | undefined {
    if (header === undefined) return skipLines - 1;
    if (typeof header === 'number') return header <= lines.length ? header - 1 : undefined;
    const at = lines.findIndex((line, index) => index >= skipLines && headerPattern!.test(line));
    return at < 0 ? undefined : at;
  }

  return (text, fault) => {
    const lines = text.split(/\r?\n/);
    if (text.trim() === '') return noRows;
    const start = headerAt(lines);
    if (start === undefined) {
      fault(
        `There is no header: ${typeof header === 'number' ? `the text has ${lines.length} lines` : `no line matches ${headerPattern}`}.`,
      );
      return undefined;
    }

    function cellsOf(at: number): readonly string[] | undefined {
      try {
        return split(lines[at]!);
      } catch (error) {
        fault(`Line ${at + 1}: ${(error as Error).message}.`);
        return undefined;
      }
    }

    const columns = named ?? cellsOf(start);
    if (!columns) return undefined;
    const rows: Row[] = [];
    for (let at = Math.max(start + 1, skipLines); at < lines.length; at++) {
      const line = lines[at]!;
      if (ends?.test(line)) break;
      if (skip.test(line) || (wanted && !wanted.test(line))) continue;
      const cells = cellsOf(at);
      if (!cells) continue;
      if (uneven === 'report' && cells.length !== columns.length)
        fault(`Line ${at + 1} has ${cells.length} cells, and there are ${columns.length} columns.`);
      else rows.push({ line: at + 1, cells });
    }
    return { columns, rows };
  };
}

/** Where a column is. Throws an Error that says which columns there are. */
export function indexOf(columns: readonly string[], column: string | number): number {
  const have = `there are ${columns
    .slice(0, 50)
    .map((name) => JSON.stringify(name))
    .join(', ')}`;
  if (typeof column === 'number') {
    if (column <= columns.length) return column - 1;
    throw new Error(`There is no column ${column}: ${have}.`);
  }
  const index = columns.indexOf(column);
  if (index < 0) throw new Error(`There is no column ${JSON.stringify(column)}: ${have}.`);
  if (columns.indexOf(column, index + 1) >= 0)
    throw new Error(
      `There are two columns ${JSON.stringify(column)}: say which by its number, or name all of them in format.columns.`,
    );
  return index;
}
