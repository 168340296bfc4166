import { RE2JS, RE2JSSyntaxException } from 're2js';
import { ProfileError } from './error.ts';

/** Whether a text matches, somewhere in it. */
export type Matcher = (text: string) => boolean;

/**
 * A pattern as people give it: a text in Go's syntax, matched in time that is linear in the text, or a RegExp, taken as it
 * is.
 */
export type Pattern = string | RegExp;

export function compilePattern(pattern: Pattern): Matcher {
  if (typeof pattern === 'string') {
    const regex = parse(pattern);
    return bounded(regex, (text) => regex.test(text));
  }
  const { source, flags } = pattern;
  const stateless = new RegExp(source, flags.replace(/[gy]/g, ''));
  return (text) => stateless.test(text);
}

/** As `compilePattern`, for the whole text. */
export function compileWholePattern(source: string): Matcher {
  const regex = parse(source);
  return bounded(regex, (text) => regex.testExact(text));
}

/** Compiling what is below these takes less than a second. */
const limits = { characters: 20_000, repeatedCharacters: 10_000, instructions: 20_000 };

function parse(source: string): RE2JS {
  const repetitions = source.matchAll(/\{(\d+)(?:,(\d*))?\}/g);
  const times = repetitions.reduce((sum, [, least, most]) => sum + Math.max(Number(least), Number(most ?? 0)), 0);
  const isLong = source.length > limits.characters || source.length * times > limits.repeatedCharacters;
  const regex = isLong ? undefined : compile(source);
  if (!regex || regex.programSize() > limits.instructions) throw new ProfileError('A pattern is too large.');
  return regex;
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const part = error.getPattern();
    const place = part === null || part === source ? '' : `, ${JSON.stringify(part.slice(0, 200))}`;
    throw new ProfileError(
      `The pattern ${JSON.stringify(source.slice(0, 200))} is wrong: ${error.getDescription()}${place}.`,
    );
  }
}

/** Ordinary patterns take some 30 nanoseconds for a character, and bad ones 100 microseconds if they are large. */
const microsecondsPerCharacter = 2;
const patienceMs = 1_000;
const mostSteps = 2 ** 26;

/** Linear time can still be long, for it is linear in the size of the pattern too. */
function bounded(regex: RE2JS, matches: Matcher): Matcher {
  let leftMs = patienceMs;
  const size = regex.programSize();
  return (text) => {
    if (leftMs < 0 || size * text.length > mostSteps) throw new ProfileError('A pattern takes too long to match.');
    const begin = performance.now();
    const isMatch = matches(text);
    leftMs += ((text.length + 1) * microsecondsPerCharacter) / 1_000 - (performance.now() - begin);
    return isMatch;
  };
}
