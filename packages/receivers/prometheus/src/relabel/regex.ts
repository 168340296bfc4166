import { RE2JS, RE2JSSyntaxException } from 're2js';

/** A regex of RE2 that matches whole texts, as Prometheus anchors them. */
export interface Regex {
  /** The groups of the match, the whole first; undefined if the text does not match. */
  exec(text: string): readonly (string | null)[] | undefined;
  test(text: string): boolean;
  /** Numbers of the groups that have names. */
  readonly names: ReadonlyMap<string, number>;
}

/** The default of a rule. */
const everything: Regex = { names: new Map(), test: () => true, exec: (text) => [text, text] };

/**
 * Compiles a regex with `.` matching line breaks too; matching takes time that is linear in the text. Throws a SyntaxError, whose
 * message can follow a colon, if it is none of RE2 (https://github.com/google/re2/wiki/Syntax).
 */
export function compileRegex(source: string): Regex {
  if (source === '(.*)') return everything;
  const regex = parse(source);
  const groups = Array.from({ length: regex.groupCount() + 1 }, (_, index) => index);
  return {
    names: new Map(Object.entries(regex.namedGroups())),
    test: remembered((text) => regex.testExact(text)),
    exec: remembered((text) => {
      const matcher = regex.matcher(text);
      return matcher.matches() ? groups.map((index) => matcher.group(index)) : undefined;
    }),
  };
}

function parse(source: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.DOTALL);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const part = error.getPattern();
    const isWhole = part === null || part === `(?s)${source}`;
    throw new SyntaxError(`${error.getDescription()}${isWhole ? '' : `, ${part}`}`);
  }
}

const remembers = { answers: 1_000, characters: 256 };

/** Series of a page have most of their values in common, and RE2JS takes microseconds for each. */
function remembered<Answer>(answer: (text: string) => Answer): (text: string) => Answer {
  const answers = new Map<string, Answer>();
  return (text) => {
    if (text.length > remembers.characters) return answer(text);
    const known = answers.get(text);
    if (known !== undefined || answers.has(text)) return known as Answer;
    if (answers.size === remembers.answers) answers.clear();
    const found = answer(text);
    answers.set(text, found);
    return found;
  };
}
