import { statSync } from 'node:fs';
import { PermanentError } from '@millrace/core';
import glob from 'fast-glob';
import type { RuleEntry } from './entry.ts';
import { compileEntry } from './entry.ts';
import type { ParsedFile } from './rules-file.ts';
import { readRulesFile } from './rules-file.ts';
import type { RuleSet, Subgroup } from './rules.ts';
import { builtInRules, ruleSet } from './rules.ts';

export interface RulesConfig {
  readonly builtin: boolean;
  readonly files: readonly string[];
  readonly rules: readonly RuleEntry[];
  readonly others: Subgroup;
}

export interface RuleSource {
  /** The rules of the last `read`. */
  readonly current: RuleSet;
  /** Reads what has changed. Says what cannot be read or used; of such files the last good rules stay. */
  read(): { readonly changed: boolean; readonly problems: readonly FileProblem[] };
}

export interface FileProblem {
  /** Which of `files` it comes from. */
  readonly index: number;
  readonly message: string;
}

/**
 * The rules of a config: the built-in ones, then those of `files` in their order, then those of the config itself. Throws a
 * PermanentError that names every problem with its file and line.
 */
export function loadRules(config: RulesConfig): RuleSet {
  const source = ruleSource(config);
  const { problems } = source.read();
  const messages = [...inlineProblems(config.rules), ...problems].map(({ message }) => message);
  if (messages.length > 0) throw new PermanentError(messages.join('\n'));
  return source.current;
}

export const inlineProblems = (entries: readonly RuleEntry[]): readonly FileProblem[] =>
  entries.flatMap((entry, index) =>
    compileEntry(entry, `rules[${index}]`).problems.map((message) => ({
      index,
      message: `rules[${index}]: ${message}`,
    })),
  );

interface KnownFile {
  readonly stamp: string;
  readonly good: ParsedFile | undefined;
}

export function ruleSource({ builtin, files, rules, others }: RulesConfig): RuleSource {
  const first = builtin ? builtInRules() : [];
  const last = rules.flatMap((entry, index) => compileEntry(entry, `rules[${index}]`).rules);
  const known = new Map<string, KnownFile>();
  let order: readonly string[] | undefined;
  let current = ruleSet([...first, ...last], others);

  function refresh(file: string, index: number): { changed: boolean; problems: FileProblem[] } {
    const stamp = fileStamp(file);
    const before = known.get(file);
    if (before?.stamp === stamp) return { changed: false, problems: [] };
    const parsed = readRulesFile(file);
    const good = parsed.problems.length === 0;
    known.set(file, { stamp, good: good ? parsed : before?.good });
    return { changed: good, problems: parsed.problems.map((message) => ({ index, message })) };
  }

  return {
    get current() {
      return current;
    },
    read() {
      const problems: FileProblem[] = [];
      let changed = order === undefined;
      const found = new Map<string, number>();
      // A file that two patterns name counts where it is named last.
      for (const [index, pattern] of files.entries())
        for (const file of matchingFiles(pattern)) {
          found.delete(file);
          found.set(file, index);
        }
      for (const [file, index] of found) {
        const result = refresh(file, index);
        changed ||= result.changed;
        problems.push(...result.problems);
      }
      for (const file of known.keys()) if (!found.has(file)) known.delete(file);
      const next = [...found.keys()];
      changed ||= next.join('\n') !== order?.join('\n');
      order = next;
      if (changed)
        current = ruleSet([...first, ...next.flatMap((file) => known.get(file)?.good?.rules ?? []), ...last], others);
      return { changed, problems };
    },
  };
}

/** A name without a pattern is taken as it is, so that a file that is missing is a problem and not an empty list. */
const matchingFiles = (pattern: string): readonly string[] =>
  glob.isDynamicPattern(pattern) ? glob.sync(pattern, { onlyFiles: true, unique: true }).sort() : [pattern];

function fileStamp(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats ? `${stats.mtimeMs} ${stats.size} ${stats.ino}` : 'missing';
}
