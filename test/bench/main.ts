// `npm run bench -- NAME`: a table for people and, as the last line, one JSON object. A ratio is ours over theirs.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

interface Bench {
  default(): Promise<{
    readonly rows: readonly (readonly string[])[];
    readonly json: object;
  }>;
}

const here = import.meta.dirname;
const names = readdirSync(here).filter((name) => existsSync(join(here, name, 'index.ts')));
const [name] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`npm run bench -- NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}

const { rows, json } = await ((await import(join(here, name, 'index.ts'))) as Bench).default();
const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
for (const row of rows)
  console.log(row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  '));
console.log(JSON.stringify(json));
