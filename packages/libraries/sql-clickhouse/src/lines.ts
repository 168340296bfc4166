import type { Readable } from 'node:stream';
import { parseError } from '@clickhouse/client';
import { SqlError } from '@millrace/sql';

/** The whole lines of each piece that comes. Throws where the last one has no end: then something is missing. */
export async function* readLines(stream: Readable): AsyncGenerator<readonly string[]> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const piece of stream) {
    const lines = `${rest}${piece as string}`.split('\n');
    rest = lines.pop()!;
    if (lines.length > 0) yield lines.filter((line) => line.trim() !== '');
  }
  if (rest !== '') throw failure(rest);
}

/** A row. What is none is an error that came up after the first rows: ClickHouse writes it where the next would be. */
export function parseLine(line: string, lines: readonly string[]): readonly unknown[] {
  try {
    const row: unknown = JSON.parse(line);
    if (Array.isArray(row)) return row;
  } catch {
    // Thrown below.
  }
  throw failure(lines.slice(lines.indexOf(line)).join('\n'));
}

function failure(text: string): Error {
  const told = /Code: \d+\. DB::Exception[^]*/.exec(text)?.[0];
  return told === undefined
    ? new SqlError('connection', `The answer was broken off, or is none of ClickHouse's: ${text.slice(0, 80)}`)
    : parseError(told);
}
