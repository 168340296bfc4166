/** Whether one of the texts, which are all of one thing, matches one of the patterns of a list. */
export type Match = (...texts: readonly string[]) => boolean;

/**
 * Patterns as the collector's `excluded_images` has them: a text, a glob (with any of `*[]{}?`), or a regular expression
 * between slashes; each with a `!` before it for when none of the texts matches. Throws a SyntaxError for one that is wrong.
 */
export function anyOf(patterns: readonly string[]): Match {
  const plain = new Set<string>();
  const others: Match[] = [];
  for (const pattern of patterns) {
    if (pattern.startsWith('!') || isGlob(pattern) || isRegex(pattern)) others.push(matcherOf(pattern));
    else plain.add(pattern);
  }
  return (...texts) => texts.some((text) => plain.has(text)) || others.some((matches) => matches(...texts));
}

function matcherOf(pattern: string): Match {
  if (pattern.startsWith('!')) {
    const matches = matcherOf(pattern.slice(1));
    return (...texts) => !matches(...texts);
  }
  if (!isRegex(pattern) && !isGlob(pattern)) return (...texts) => texts.includes(pattern);
  const regex = new RegExp(isRegex(pattern) ? pattern.slice(1, -1) : globSource(pattern), 's');
  return (...texts) => texts.some((text) => regex.test(text));
}

const isRegex = (pattern: string): boolean => pattern.length > 2 && pattern.startsWith('/') && pattern.endsWith('/');
const isGlob = (pattern: string): boolean => /[*[\]{}?]/.test(pattern);

/** `*` any characters, `?` one, `[ab]` and `[!ab]` one of these and none, `{a,b}` alternatives, `\` before what is meant as it is. */
function globSource(glob: string): string {
  let source = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at]!;
    if (letter === '*') {
      if (glob[at + 1] !== '*') source += '.*';
    } else if (letter === '?') source += '.';
    else if (letter === '{') {
      depth++;
      source += '(?:';
    } else if (letter === '}') {
      depth--;
      source += ')';
    } else if (letter === ',' && depth > 0) source += '|';
    else if (letter === '[') {
      const end = glob.indexOf(']', at + 2);
      if (end < 0) throw new SyntaxError('a [ is not closed');
      const inside = glob.slice(at + 1, end).replace(/[\\\]^]/g, '\\$&');
      source += `[${inside.replace(/^!|^\\\^/, '^')}]`;
      at = end;
    } else if (letter === '\\' && at + 1 < glob.length) source += escaped(glob[++at]!);
    else source += escaped(letter);
    if (depth < 0) throw new SyntaxError('a } has no {');
  }
  if (depth > 0) throw new SyntaxError('a { is not closed');
  return `^${source}$`;
}

const escaped = (letter: string): string => letter.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
