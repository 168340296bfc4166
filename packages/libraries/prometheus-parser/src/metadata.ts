import type { Cursor } from './cursor.ts';
import { hash, isBlank, isNameByte, isNameStart, newline, quote, space } from './cursor.ts';
import type { Format } from './format.ts';
import type { MetricType, Sink } from './series.ts';
import { readQuoted, unescapeHelp, utf8Text } from './text.ts';

const types: Readonly<Record<Format, Readonly<Record<string, MetricType>>>> = {
  prometheus: { counter: 'counter', gauge: 'gauge', histogram: 'histogram', summary: 'summary', untyped: 'unknown' },
  openmetrics: {
    counter: 'counter',
    gauge: 'gauge',
    histogram: 'histogram',
    gaugehistogram: 'gaugehistogram',
    summary: 'summary',
    info: 'info',
    stateset: 'stateset',
    unknown: 'unknown',
  },
};

export type MetadataSink = Pick<Sink<never>, 'type' | 'help' | 'unit'>;

/** Reads a line that begins with #, and leaves the cursor on its line feed. True at the end of an OpenMetrics page. */
export function readMetadata(cursor: Cursor, format: Format, sink: MetadataSink): boolean {
  const { bytes, lineStart } = cursor;
  const end = bytes.indexOf(newline, cursor.at);
  const keyword = readKeyword(cursor, format);
  if (keyword === 'EOF' && bytes[cursor.at] === newline) return true;
  if (keyword !== 'TYPE' && keyword !== 'HELP' && keyword !== 'UNIT') {
    cursor.at = lineStart;
    if (format === 'openmetrics') throw cursor.error('expected # TYPE, # HELP, # UNIT or # EOF');
    cursor.at = end;
    return false;
  }
  const family = readName(cursor);
  if (format === 'openmetrics' && bytes[cursor.at] !== space) throw cursor.expected('a space after the name');
  const text = utf8Text(bytes, Math.min(cursor.at + 1, end), end);
  if (text === undefined) throw cursor.error(`what # ${keyword} says is not UTF-8`);
  tell(cursor, { keyword, family, text, format }, sink);
  cursor.at = end;
  return false;
}

interface Told {
  readonly keyword: 'TYPE' | 'HELP' | 'UNIT';
  readonly family: string;
  readonly text: string;
  readonly format: Format;
}

function tell(cursor: Cursor, { keyword, family, text, format }: Told, sink: MetadataSink): void {
  if (keyword === 'HELP') return sink.help?.(family, unescapeHelp(text));
  if (keyword === 'TYPE') {
    const known = types[format];
    if (!Object.hasOwn(known, text))
      throw cursor.error(`${JSON.stringify(text)} is not a type; they are ${Object.keys(known).join(', ')}`);
    return sink.type?.(family, known[text]!);
  }
  if (text !== '' && !family.endsWith(`_${text}`))
    throw cursor.error(`the name ${family} does not end with its unit, _${text}`);
  return sink.unit?.(family, text);
}

/** The word behind #; the cursor is then behind it and what is blank after it. */
function readKeyword(cursor: Cursor, format: Format): string {
  const { bytes } = cursor;
  let at = cursor.at;
  if (bytes[at] !== hash || !isBlank(bytes[at + 1]!)) return '';
  const loose = format === 'prometheus';
  at++;
  do at++;
  while (loose && isBlank(bytes[at]!));
  const word = bytes.toString('latin1', at, at + (format === 'openmetrics' && bytes[at] === 69 ? 3 : 4));
  at += word.length;
  if (word === 'EOF' && !loose) cursor.at = at;
  else if ((word === 'UNIT' && loose) || !isBlank(bytes[at]!)) return '';
  else {
    do at++;
    while (loose && isBlank(bytes[at]!));
    cursor.at = at;
  }
  return word;
}

function readName(cursor: Cursor): string {
  const { bytes, at } = cursor;
  if (bytes[at] === quote) {
    cursor.at++;
    return readQuoted(cursor, 'a name');
  }
  if (!isNameStart(bytes[at]!)) throw cursor.expected('the name of a metric');
  let end = at + 1;
  while (isNameByte(bytes[end]!)) end++;
  cursor.at = end;
  return bytes.toString('latin1', at, end);
}
