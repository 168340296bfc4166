import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Rule } from './rule.ts';
import { compileEntry } from './entry.ts';

export interface ParsedFile {
  readonly rules: readonly Rule[];
  /** Each with `file:line`. A file with problems gives no rules. */
  readonly problems: readonly string[];
}

interface Entries {
  readonly entries: readonly { readonly value: unknown; readonly line: number }[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/** What holds the list of entries: Herakles' word, and that of this component's own config. */
const listKeys = ['subgroups', 'rules'];
const needsList = `A rules file has one list, named ${listKeys.join(' or ')}.`;

export function readRulesFile(file: string): ParsedFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { rules: [], problems: [`${file}: ${(error as Error).message}`] };
  }
  return parseRules(text, file);
}

/** By the file's ending: `.toml`, else YAML, of which JSON is a part. */
export function parseRules(text: string, file: string): ParsedFile {
  const { entries, problems } = file.endsWith('.toml') ? tomlEntries(text) : yamlEntries(text);
  const rules: Rule[] = [];
  const messages = problems.map(({ line, message }) => `${file}:${line}: ${message}`);
  for (const { value, line } of entries) {
    const compiled = compileEntry(value, `${file}:${line}`);
    rules.push(...compiled.rules);
    messages.push(...compiled.problems.map((message) => `${file}:${line}: ${message}`));
  }
  return { rules: messages.length > 0 ? [] : rules, problems: messages };
}

function tomlEntries(text: string): Entries {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [message] = error.message.split('\n');
    return { entries: [], problems: [{ line: error.line, message: message! }] };
  }
  const list = entryList(document);
  if (!list) return { entries: [], problems: [{ line: 1, message: needsList }] };
  // The parser tells no positions: the n-th entry begins at the n-th header.
  const headers = text
    .split('\n')
    .flatMap((line, index) => (/^\s*\[\[[\s"']*\w+["'\s]*\]\]/.test(line) ? [index + 1] : []));
  return { entries: list.map((value, index) => ({ value, line: headers[index] ?? 1 })), problems: [] };
}

function yamlEntries(text: string): Entries {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number | undefined): number => Math.max(1, lines.linePos(offset ?? 0).line);
  // What follows the first error mostly follows from it.
  const [error] = document.errors;
  if (error) return { entries: [], problems: [{ line: lineOf(error.pos[0]), message: error.message }] };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    return { entries: [], problems: [{ line: 1, message: (error as Error).message }] };
  }
  const list = entryList(value);
  if (!list) return { entries: [], problems: [{ line: 1, message: needsList }] };
  const node = isMap(document.contents) ? listKeys.map((key) => document.get(key, true)).find(isSeq) : undefined;
  const items = (node?.items ?? []) as readonly { readonly range?: readonly number[] | null }[];
  return {
    entries: list.map((item, index) => ({ value: item, line: lineOf(items[index]?.range?.[0]) })),
    problems: [],
  };
}

/** An empty file has no entries; one with anything but the list is a mistake. */
function entryList(document: unknown): readonly unknown[] | undefined {
  if (document === null || document === undefined) return [];
  if (typeof document !== 'object' || Array.isArray(document)) return undefined;
  const entries = Object.entries(document);
  if (entries.length === 0) return [];
  const [key, list] = entries[0] as [string, unknown];
  return entries.length === 1 && listKeys.includes(key) && Array.isArray(list) ? list : undefined;
}
