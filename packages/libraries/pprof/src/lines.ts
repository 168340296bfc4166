import { ProfileError } from './error.ts';

const maxLength = 2 ** 28;

/** A text of lines. A long name may be in many of them, so there is a limit. */
export function joinLines(lines: readonly string[]): string {
  const length = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (length > maxLength) throw new ProfileError(`The text has more than ${maxLength} characters.`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
