import type { Attributes } from '@millrace/core';
import type { RuleMatch, RuleSet } from './rules.ts';
import { classify, tryRule } from './rules.ts';

export interface Explanation {
  readonly group: string;
  readonly subgroup: string;
  /** What decided; absent for a process that no rule matches. */
  readonly rule: ExplainedRule | undefined;
  /** The rules that match as well and lost to it, the next best first. */
  readonly overridden: readonly ExplainedRule[];
}

export interface ExplainedRule {
  readonly group: string;
  readonly subgroup: string;
  /** `file:line`, `rules[2]` or `built-in`. */
  readonly origin: string;
  /** One for each kind that the rule asks for: `name is nginx`. */
  readonly reasons: readonly string[];
}

/** Why a process with these attributes is where it is. `processFromText` makes them from a name or a command line. */
export function explain(rules: RuleSet, attributes: Attributes): Explanation {
  const { group, subgroup, match, process } = classify(rules, attributes);
  const all = match ? rules.rules.flatMap((rule) => tryRule(rule, process) ?? []).reverse() : [];
  const overridden = all.filter(({ rule }) => rule !== match?.rule);
  return { group, subgroup, rule: match && explained(match), overridden: overridden.map(explained) };
}

const explained = ({ rule: { group, subgroup, origin }, matched }: RuleMatch): ExplainedRule => ({
  group,
  subgroup,
  origin,
  reasons: matched.map(({ kind, pattern }) => `${verbs[kind] ?? kind} ${pattern}`),
});

const verbs: Readonly<Record<string, string>> = {
  name: 'name is',
  matches: 'name is',
  name_prefix: 'name starts with',
  name_regex: 'name matches',
  command_line: 'command line contains',
  cmdline_matches: 'command line contains',
  command_line_regex: 'command line matches',
  user: 'user is',
  cgroup: 'cgroup matches',
  container: 'container matches',
};
