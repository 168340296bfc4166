import { ConditionError } from './error.ts';

/** A JavaScript regular expression; of what only Go has, leading flags as in `(?i)` and `(?P<name>…)` are understood. */
export function regexOf(pattern: string, column: number): RegExp {
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern)!;
  if (/\[\[:\^?\w+:\]/.test(rest))
    throw new ConditionError(column, 'classes like [[:alpha:]] are not understood; write [A-Za-z]');
  try {
    return new RegExp(rest.replaceAll('(?P<', '(?<'), [...new Set(flags)].join(''));
  } catch (error) {
    throw new ConditionError(
      column,
      `the regular expression is not valid: ${(error as Error).message.split(': ').at(-1)}`,
    );
  }
}
