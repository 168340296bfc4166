import { cleanText } from '@millrace/pprof';
import { cells } from '../screen.ts';
import { harmless } from '../watch/harmless.ts';
import { type Column, layTable, type Page } from '../watch/table.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTable = (value: unknown): value is readonly Fields[] =>
  Array.isArray(value) && value.length > 0 && value.every(isFields);

/** An answer for a reader: a text is as it is, a list of objects a table, an object a line a key. */
export function answerLines(value: unknown, page: Page, depth = 0): string[] {
  if (depth > 8) return [scalar(value)];
  if (depth === 0 && typeof value === 'string' && value !== '') return cleanText(value.replace(/\n$/, '')).split('\n');
  if (isTable(value)) return tableLines(value, page);
  if (Array.isArray(value))
    return value.length === 0 ? ['nothing'] : value.flatMap((one) => answerLines(one, page, depth + 1));
  if (isFields(value)) return fieldLines(value, page, depth);
  return [value === undefined || value === null ? 'Done; there is no answer.' : scalar(value)];
}

function fieldLines(fields: Fields, page: Page, depth: number): string[] {
  const entries = Object.entries(fields);
  if (entries.length === 0) return ['nothing'];
  const width = Math.max(...entries.map(([key, value]) => (isNested(value) ? 0 : cells(harmless(key)))));
  return entries.flatMap(([key, value]) => {
    const name = harmless(key);
    if (!isNested(value)) return [`${name}: ${' '.repeat(width - cells(name))}${scalar(value)}`];
    return [
      `${name}:`,
      ...answerLines(value, { ...page, width: page.width - 2 }, depth + 1).map((line) => `  ${line}`),
    ];
  });
}

const isNested = (value: unknown): boolean => isTable(value) || (isFields(value) && Object.keys(value).length > 0);

function tableLines(rows: readonly Fields[], page: Page): string[] {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = keys.map((key, at): Column => {
    const numbers = rows.every((row) => row[key] === undefined || row[key] === null || isNumber(row[key]));
    return { title: harmless(key, 40), align: numbers ? 'right' : 'left', rank: at };
  });
  const table = { columns, rows: rows.map((row) => keys.map((key) => ({ text: scalar(row[key]) }))) };
  const { lines, hidden } = layTable(table, page);
  return hidden.length === 0 ? lines : [...lines, `no room for: ${hidden.join(', ')}; all: --json`];
}

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value));

/** On one line, whatever it is. */
function scalar(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return harmless(value.join(', ') || '–');
  if (typeof value === 'object') return harmless(JSON.stringify(value));
  return harmless(String(value as string | number | boolean));
}
