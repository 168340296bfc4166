import { OperatorProblem } from './problem.ts';

const classes: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/**
 * A Go regular expression as a JavaScript one: `(?P<name>…)`, leading flags as in `(?i)`, `\A`, `\z`, `\pL` and classes like
 * `[[:alpha:]]` are understood. Throws an OperatorProblem for what cannot be.
 */
export function goRegex(pattern: string, extraFlags = ''): RegExp {
  const [, flags = '', rest = ''] = /^(?:\(\?([imsU]+)\))?(.*)$/s.exec(pattern)!;
  if (flags.includes('U')) throw new OperatorProblem('the flag U of regular expressions is not supported');
  const source = rest
    .replaceAll('(?P<', '(?<')
    .replace(/\[:(\^?)(\w+):\]/g, (whole, not: string, name: string) => {
      const inside = classes[name];
      if (inside === undefined || not !== '')
        throw new OperatorProblem(`the class ${whole} of regular expressions is not supported`);
      return inside;
    })
    .replace(/\\(?:([Az])|p([A-Z])|(.))/gs, (whole, end: string | undefined, property: string | undefined) => {
      if (end !== undefined) return end === 'A' ? '(?<![^])' : '(?![^])';
      return property === undefined ? whole : `\\p{${property}}`;
    });
  const needsUnicode = /\\p\{/i.test(source) || /[^\0-\uffff]/u.test(source) ? 'u' : '';
  try {
    return new RegExp(source, [...new Set(flags + extraFlags + needsUnicode)].join(''));
  } catch (error) {
    const reason = (error as Error).message.split(': ').at(-1)!;
    throw new OperatorProblem(`is not a valid regular expression: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`);
  }
}
