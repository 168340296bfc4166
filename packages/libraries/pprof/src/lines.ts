import { ProfileError } from './error.ts';

const maxLength = 2 ** 28;

export function checkLength(length: number): void {
  if (length > maxLength) throw new ProfileError(`The text has more than ${maxLength} characters.`);
}

/** A text of lines. A long name may be in many of them, so there is a limit. */
export function joinLines(lines: readonly string[]): string {
  checkLength(lines.reduce((sum, line) => sum + line.length + 1, 0));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
