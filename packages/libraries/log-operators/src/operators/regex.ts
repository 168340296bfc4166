import type { ValueMap } from '../entry.ts';
import { define } from '../field.ts';
import { goRegex } from '../go-regex.ts';
import { entryError, OperatorProblem } from '../problem.ts';
import { parser } from './parser.ts';

export const regexParser = parser(
  ({ regex: pattern = '' }) => {
    const regex = compile(pattern);
    // Matches the empty text whatever the pattern, so that the match shows all groups.
    const names = Object.keys(new RegExp(`${regex.source}|`, regex.flags).exec('')?.groups ?? {});
    if (names.length === 0)
      throw new OperatorProblem('has no named group: write (?P<name>…) for what is to become "name"', 'regex');
    return (text) => {
      const groups = regex.exec(text)?.groups;
      if (!groups) throw entryError('the regular expression does not match');
      const map: ValueMap = {};
      for (const name of names) define(map, name, groups[name] ?? '');
      return map;
    };
  },
  { keys: ['regex'], required: ['regex'] },
);

function compile(pattern: string): RegExp {
  try {
    return goRegex(pattern);
  } catch (error) {
    throw new OperatorProblem((error as Error).message, 'regex');
  }
}
