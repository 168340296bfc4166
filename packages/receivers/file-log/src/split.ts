import { goRegex } from '@millrace/log-operators';
import type { Encoding } from './encoding.ts';

/** A record in a piece of a file. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  /** Where the next one begins. */
  readonly next: number;
}

/**
 * Finds records in a piece of a file, which begins where a record does. With `tail: 'whole'`, no more is coming: what is left
 * is a record too. The cutter gives the record at `from`; undefined if it is not whole.
 */
export type Split = (bytes: Buffer, tail: 'open' | 'whole') => (from: number) => Cut | undefined;

export interface SplitConfig {
  readonly encoding: Encoding;
  readonly isBinary: boolean;
  readonly lineStart?: string | undefined;
  readonly lineEnd?: string | undefined;
  readonly omitPattern: boolean;
}

export function createSplit(config: SplitConfig): Split {
  const { encoding, isBinary, lineStart, lineEnd } = config;
  if (isBinary) return everything;
  if (lineStart !== undefined) return byStart(encoding, lineStart, config.omitPattern ? 'omit' : 'keep');
  if (lineEnd !== undefined) return byEnd(encoding, lineEnd, config.omitPattern ? 'omit' : 'keep');
  return encoding.unit === 1 ? byNewline : byWideNewline(encoding);
}

const everything: Split = (bytes) => (from) =>
  from < bytes.length ? { start: from, end: bytes.length, next: bytes.length } : undefined;

const rest = (bytes: Buffer, from: number): Cut | undefined =>
  from < bytes.length ? { start: from, end: bytes.length, next: bytes.length } : undefined;

const lineFeed = 10;

const byNewline: Split = (bytes, tail) => (from) => {
  const at = bytes.indexOf(lineFeed, from);
  if (at < 0) return tail === 'whole' ? rest(bytes, from) : undefined;
  return { start: from, end: at, next: at + 1 };
};

const byWideNewline =
  ({ newline }: Encoding): Split =>
  (bytes, tail) =>
  (from) => {
    let at = bytes.indexOf(newline, from);
    while (at >= 0 && at % 2 !== 0) at = bytes.indexOf(newline, at + 1);
    if (at < 0) return tail === 'whole' ? rest(bytes, from) : undefined;
    return { start: from, end: at, next: at + 2 };
  };

const compile = ({ searchPattern }: Encoding, pattern: string): RegExp => goRegex(searchPattern(pattern), 'gm');

/** A record goes from one match to the next. What stands before the first is one too. */
function byStart(encoding: Encoding, pattern: string, matched: 'keep' | 'omit'): Split {
  const regex = compile(encoding, pattern);
  const { unit } = encoding;
  return (bytes, tail) => {
    const text = encoding.searchText(bytes);
    const find = (from: number): { at: number; end: number } | undefined => {
      regex.lastIndex = from;
      const match = regex.exec(text);
      if (!match) return undefined;
      const end = match.index + match[0].length;
      // More bytes could make it another match.
      if (tail === 'open' && end === text.length) return undefined;
      return { at: match.index, end };
    };
    let known: { at: number; end: number } | undefined;
    return (from) => {
      const begin = from / unit;
      const first = known?.at === begin ? known : find(begin);
      if (first && first.at > begin) {
        known = first;
        return { start: from, end: first.at * unit, next: first.at * unit };
      }
      const second = find(Math.max(begin + 1, first?.end ?? 0));
      const start = first && matched === 'omit' ? first.end * unit : from;
      if (!second) return tail === 'whole' && from < bytes.length ? { ...rest(bytes, from)!, start } : undefined;
      known = second;
      return { start, end: second.at * unit, next: second.at * unit };
    };
  };
}

function byEnd(encoding: Encoding, pattern: string, matched: 'keep' | 'omit'): Split {
  const regex = compile(encoding, pattern);
  const { unit } = encoding;
  return (bytes, tail) => {
    const text = encoding.searchText(bytes);
    return (from) => {
      regex.lastIndex = from / unit;
      let match = regex.exec(text);
      // Where nothing was matched, nothing ends at the place where the record begins.
      if (match && match[0] === '' && match.index === from / unit) {
        regex.lastIndex++;
        match = regex.exec(text);
      }
      const end = match && match.index + match[0].length;
      if (!match || (tail === 'open' && end === text.length && match[0] !== '' && !/[\n\r]$/.test(match[0])))
        return tail === 'whole' ? rest(bytes, from) : undefined;
      return { start: from, end: (matched === 'omit' ? match.index : end!) * unit, next: end! * unit };
    };
  };
}
