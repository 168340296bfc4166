import { type Headers, redactor } from './headers.ts';

const maxQuoted = 256;

/** Makes of what the other side says, however long, something for a message: one line, short, without secrets. */
export type Quote = (said: string) => string;

/** Takes the values of these headers out of what is said. */
export function quoter(secrets: readonly Headers[]): Quote {
  const redact = redactor(...secrets);
  return (said) => {
    const line = redact(said).replace(/\s+/g, ' ').trim();
    // Cut last: half a secret would not be found.
    return line.length > maxQuoted ? `${line.slice(0, maxQuoted)}…` : line;
  };
}
