import { nameTable } from './name-table.ts';
import type { Process } from './process.ts';

/** What of a process a condition matched. */
export interface Matched {
  /** The key of the rule's entry: `name`, `command_line`. */
  readonly kind: string;
  readonly pattern: string;
  /** The named groups of a regular expression. */
  readonly captures?: Readonly<Record<string, string>> | undefined;
}

export interface Condition {
  readonly kind: string;
  /** What the pattern must be found in must be known: of what is not known nothing matches. */
  match(process: Process): Matched | undefined;
}

export interface Rule {
  /** Both may hold `{attribute}` and `{named group}` placeholders. */
  readonly group: string;
  readonly subgroup: string;
  /** Where it was written: `file:line`, `rules[2]` or `built-in`. */
  readonly origin: string;
  /** All must match. */
  readonly conditions: readonly Condition[];
  /** The names of a rule that has no other condition: such rules are found by a table. */
  readonly names: readonly string[] | undefined;
}

type Texts = (process: Process) => readonly string[];

export function nameCondition(kind: string, patterns: readonly string[]): Condition {
  const table = nameTable<string>();
  for (const pattern of patterns) table.add(pattern, pattern);
  return {
    kind,
    match({ names }) {
      for (const name of names) {
        const [pattern] = table.find(name);
        if (pattern !== undefined) return { kind, pattern };
      }
      return undefined;
    },
  };
}

/** Any of the texts with any of the patterns. */
export const textCondition = (
  kind: string,
  patterns: readonly string[],
  { texts, fits }: { texts: Texts; fits: (text: string, pattern: string) => boolean },
): Condition => ({
  kind,
  match(process) {
    for (const text of texts(process))
      for (const pattern of patterns) if (fits(text, pattern)) return { kind, pattern };
    return undefined;
  },
});

/** Found anywhere in the text, unless the expression is anchored. Throws a SyntaxError for what is none. */
export function regexCondition(kind: string, patterns: readonly string[], texts: Texts): Condition {
  const expressions = patterns.map((pattern) => new RegExp(pattern));
  return {
    kind,
    match(process) {
      for (const text of texts(process))
        for (const expression of expressions) {
          const found = expression.exec(text);
          if (found) return { kind, pattern: expression.source, captures: found.groups };
        }
      return undefined;
    },
  };
}

/** With `*` or `?` a glob for the whole text, in which `*` also goes over slashes; without, whatever `plain` says. */
export function globCondition(
  kind: string,
  patterns: readonly string[],
  { texts, plain }: { texts: Texts; plain: (text: string, pattern: string) => boolean },
): Condition {
  const tests = patterns.map((pattern) => {
    const glob = /[*?]/.test(pattern) ? globExpression(pattern) : undefined;
    return { pattern, fits: (text: string) => (glob ? glob.test(text) : plain(text, pattern)) };
  });
  return {
    kind,
    match(process) {
      for (const text of texts(process)) {
        const hit = tests.find(({ fits }) => fits(text));
        if (hit) return { kind, pattern: hit.pattern };
      }
      return undefined;
    },
  };
}

const globExpression = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[\\^$.+()|[\]{}]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );
