/** What is wrong with a condition. The message is a sentence that begins with the column. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
  /** Of the text, from 1. */
  readonly column: number;
  constructor(column: number, problem: string) {
    super(`column ${column}: ${problem}`);
    this.column = column;
  }
}

/** `a, b and c`. */
export function listed(names: readonly string[], last = 'and'): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}`;
}
