import type { Attributes } from '@millrace/core';
import builtIn from './built-in.ts';
import { compileEntry } from './entry.ts';
import { nameTable } from './name-table.ts';
import type { Process } from './process.ts';
import { processViews } from './process.ts';
import type { Matched, Rule } from './rule.ts';

export interface Subgroup {
  readonly group: string;
  readonly subgroup: string;
}

export interface RuleMatch {
  readonly rule: Rule;
  /** One for each of the rule's conditions. */
  readonly matched: readonly Matched[];
}

export interface RuleSet {
  /** From the first to the last: the last that matches wins. */
  readonly rules: readonly Rule[];
  /** What a process belongs to that no rule matches; may hold placeholders. */
  readonly others: Subgroup;
  /** The last rule that matches. */
  find(process: Process): RuleMatch | undefined;
}

/** Indexes rules: those by name alone are found in a table, the few others are tried one after the other. */
export function ruleSet(rules: readonly Rule[], others: Subgroup): RuleSet {
  const byName = nameTable<number>();
  const tried: number[] = [];
  for (const [position, { names }] of rules.entries()) {
    if (names) for (const name of names) byName.add(name, position);
    else tried.unshift(position);
  }
  return {
    rules,
    others,
    find(process) {
      const named = Math.max(-1, ...process.names.flatMap((name) => byName.find(name)));
      for (const position of tried) {
        if (position < named) break;
        const match = tryRule(rules[position]!, process);
        if (match) return match;
      }
      return named < 0 ? undefined : tryRule(rules[named]!, process);
    },
  };
}

export function tryRule(rule: Rule, process: Process): RuleMatch | undefined {
  const matched: Matched[] = [];
  for (const condition of rule.conditions) {
    const found = condition.match(process);
    if (!found) return undefined;
    matched.push(found);
  }
  return { rule, matched };
}

export interface Classified extends Subgroup {
  /** Absent for a process that no rule matches. */
  readonly match: RuleMatch | undefined;
  /** The view of the process that matched. */
  readonly process: Process;
}

/** The group and subgroup of the process with these attributes. */
export function classify(rules: RuleSet, attributes: Attributes): Classified {
  const views = processViews(attributes);
  for (const process of views) {
    const match = rules.find(process);
    if (match) return { ...fill(match.rule, attributes, match.matched), match, process };
  }
  return { ...fill(rules.others, attributes, []), match: undefined, process: views[0]! };
}

const fill = ({ group, subgroup }: Subgroup, attributes: Attributes, matched: readonly Matched[]): Subgroup => ({
  group: fillText(group, attributes, matched),
  subgroup: fillText(subgroup, attributes, matched),
});

/** `{process.owner}` → the attribute, `{instance}` → the named group of a regular expression, `unknown` where there is none. */
function fillText(text: string, attributes: Attributes, matched: readonly Matched[]): string {
  if (!text.includes('{')) return text;
  return text.replace(/\{([^{}]+)\}/g, (_placeholder, key: string) => {
    const value = matched.find(({ captures }) => captures?.[key] !== undefined)?.captures?.[key] ?? attributes[key];
    return value === undefined || value === null || value === '' || typeof value === 'object'
      ? 'unknown'
      : String(value);
  });
}

/** The table as rules, the more special the later: names say less than what a command line adds to them. */
export function builtInRules(): readonly Rule[] {
  const rank = ({ group, conditions }: Rule): number => {
    if (group === 'runtime') return conditions[0]!.kind === 'name' ? 1 : 0;
    if (conditions.some(({ kind }) => kind === 'command_line' || kind === 'user')) return 4;
    return conditions[0]!.kind === 'name' ? 3 : 2;
  };
  return builtIn.flatMap((entry) => compileEntry(entry, 'built-in').rules).sort((a, b) => rank(a) - rank(b));
}
