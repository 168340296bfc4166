import { maxLogBytes } from '../payload/limits.ts';
import type { Entry } from './entry.ts';

/** What a message that was cut ends with: the Datadog Agent's mark. */
export const mark = '...TRUNCATED...';

export interface Fitted {
  /** JSON. */
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * The entry as JSON, its message cut so that the whole is no larger than Datadog takes a log. Where that is not enough,
 * because its attributes are so large, it stays as it is, and Datadog cuts it.
 */
export function fit(entry: Entry): Fitted {
  const text = JSON.stringify(entry);
  // UTF-16 to UTF-8 takes at most three bytes a unit.
  if (text.length * 3 <= maxLogBytes || Buffer.byteLength(text) <= maxLogBytes) return { text, isCut: false };
  const room = maxLogBytes - Buffer.byteLength(JSON.stringify({ ...entry, message: mark }));
  if (room <= 0) return { text, isCut: false };
  let message = entry.message.toWellFormed();
  for (let bytes = inJson(message); bytes > room; bytes = inJson(message))
    message = upTo(message, Math.floor((message.length * room) / bytes));
  return { text: JSON.stringify({ ...entry, message: message + mark }), isCut: true };
}

const inJson = (message: string): number => Buffer.byteLength(JSON.stringify(message)) - 2;

/** Not between the halves of a character. */
function upTo(message: string, length: number): string {
  const last = message.charCodeAt(length - 1);
  return message.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
}
