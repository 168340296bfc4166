import { isCut } from './name-table.ts';
import type { Process } from './process.ts';
import type { Condition, Rule } from './rule.ts';
import { globCondition, nameCondition, regexCondition, textCondition } from './rule.ts';

type Patterns = string | readonly string[];

/**
 * What a user writes for one subgroup. All kinds that are given must match; of the patterns of one kind, any.
 * `matches` and `cmdline_matches` are the keys of Herakles' subgroups.toml: an entry with both matches by either.
 */
export interface RuleEntry {
  readonly group: string;
  readonly subgroup: string;
  readonly name?: Patterns;
  readonly name_prefix?: Patterns;
  readonly name_regex?: Patterns;
  readonly command_line?: Patterns;
  readonly command_line_regex?: Patterns;
  readonly user?: Patterns;
  readonly cgroup?: Patterns;
  readonly container?: Patterns;
  readonly matches?: Patterns;
  readonly cmdline_matches?: Patterns;
}

type Kind = Exclude<keyof RuleEntry, 'group' | 'subgroup'>;

const equals = (text: string, pattern: string): boolean => text === pattern;
const contains = (text: string, pattern: string): boolean => text.includes(pattern);
const startsWith = (text: string, pattern: string): boolean => text.startsWith(pattern);
const nameStartsWith = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) || (isCut(name) && prefix.startsWith(name));

const names = (process: Process): readonly string[] => process.names;
const commandLine = (process: Process): readonly string[] => process.commandLine;
const user = (process: Process): readonly string[] => process.user;
const cgroup = (process: Process): readonly string[] => process.cgroup;
const container = (process: Process): readonly string[] => process.container;

const conditions: Readonly<Record<Kind, (patterns: readonly string[]) => Condition>> = {
  name: (patterns) => nameCondition('name', patterns),
  name_prefix: (patterns) => textCondition('name_prefix', patterns, { texts: names, fits: nameStartsWith }),
  name_regex: (patterns) => regexCondition('name_regex', patterns, names),
  command_line: (patterns) => textCondition('command_line', patterns, { texts: commandLine, fits: contains }),
  command_line_regex: (patterns) => regexCondition('command_line_regex', patterns, commandLine),
  user: (patterns) => textCondition('user', patterns, { texts: user, fits: equals }),
  cgroup: (patterns) => globCondition('cgroup', patterns, { texts: cgroup, plain: contains }),
  container: (patterns) => globCondition('container', patterns, { texts: container, plain: startsWith }),
  matches: (patterns) => nameCondition('matches', patterns),
  cmdline_matches: (patterns) => textCondition('cmdline_matches', patterns, { texts: commandLine, fits: contains }),
};
const kinds = Object.keys(conditions) as Kind[];
const keys = ['group', 'subgroup', ...kinds];

export interface CompiledEntry {
  readonly rules: readonly Rule[];
  /** Sentences, without the origin. */
  readonly problems: readonly string[];
}

/** Checks one entry of a file or of the config. An entry that says nothing to match is allowed, and matches nothing. */
export function compileEntry(value: unknown, origin: string): CompiledEntry {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { rules: [], problems: ['An entry is a map with group, subgroup, and what to match.'] };
  const entry = value as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  for (const key of Object.keys(entry))
    if (!keys.includes(key)) problems.push(`Unknown key ${key}; allowed are ${keys.join(', ')}.`);
  const name = (key: 'group' | 'subgroup'): string => {
    const text = entry[key];
    if (typeof text === 'string' && text !== '') return text;
    problems.push(`${key} must be a text that is not empty.`);
    return '';
  };
  const group = name('group');
  const subgroup = name('subgroup');
  if (entry['matches'] !== undefined && entry['name'] !== undefined)
    problems.push('matches and name say the same: use one of them.');
  if (entry['cmdline_matches'] !== undefined && entry['command_line'] !== undefined)
    problems.push('cmdline_matches and command_line say the same: use one of them.');

  const common: Condition[] = [];
  const alternatives: Condition[] = [];
  let names: readonly string[] | undefined;
  let empty = false;
  for (const kind of kinds) {
    if (entry[kind] === undefined) continue;
    const patterns = patternList(entry[kind]);
    if (!patterns) {
      problems.push(`${kind} must be a text or a list of texts, none of them empty.`);
      continue;
    }
    const alternative = kind === 'matches' || kind === 'cmdline_matches';
    if (patterns.length === 0) {
      empty ||= !alternative;
      continue;
    }
    if (kind === 'name' || kind === 'matches') names = patterns;
    try {
      (alternative ? alternatives : common).push(conditions[kind](patterns));
    } catch (error) {
      problems.push(`${kind}: ${(error as Error).message}.`);
    }
  }
  const either = alternatives.length > 0 ? alternatives.map((condition) => [condition]) : [[]];
  const rules = either
    .map((condition) => [...condition, ...common])
    .filter((all) => all.length > 0 && !empty)
    .map((all) => {
      const named = all.length === 1 && (all[0]!.kind === 'name' || all[0]!.kind === 'matches');
      return { group, subgroup, origin, conditions: all, names: named ? names : undefined };
    });
  return { rules: problems.length > 0 ? [] : rules, problems };
}

function patternList(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === 'string' && item !== '') ? (list as readonly string[]) : undefined;
}
