/** What a part of a layout reads into. */
export interface DateParts {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  minute?: number;
  second?: number;
  nanos?: number;
  isAfternoon?: boolean;
  /** Seconds east of Greenwich. */
  offset?: number;
  /** `EST`, `CET`. */
  zone?: string;
}

export interface Directive {
  /** A regular expression without groups. */
  readonly pattern: string;
  read?(text: string, parts: DateParts): void;
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

type NumberKey = 'year' | 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second';
const number = (pattern: string, key: NumberKey): Directive => ({
  pattern,
  read: (text, parts) => void (parts[key] = Number(text)),
});

const month: Directive['read'] = (text, parts) =>
  void (parts.month = months.indexOf(text.slice(0, 3).toLowerCase()) + 1);

function readOffset(text: string, parts: DateParts): void {
  if (text === 'Z' || text === 'z') return void (parts.offset = 0);
  const [, sign, hours, minutes = '0', seconds = '0'] = /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(text)!;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  parts.offset = sign === '-' ? -offset : offset;
}

const offset = (pattern: string): Directive => ({ pattern, read: readOffset });

const readFraction: Directive['read'] = (text, parts) =>
  void (parts.nanos = Number(text.replace(/^[.,]/, '').slice(0, 9).padEnd(9, '0')));

/** By the name that strptime has for them; Go's elements are translated to these. */
export const directives = {
  Y: number('\\d{4}', 'year'),
  y: {
    pattern: '\\d{2}',
    read: (text, parts) => void (parts.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000)),
  },
  m: number('\\d{1,2}', 'month'),
  o: number('[ \\d]?\\d', 'month'),
  b: { pattern: '[A-Za-z]{3}', read: month },
  B: { pattern: '[A-Za-z]{3,9}', read: month },
  d: number('\\d{1,2}', 'day'),
  e: number('[ \\d]?\\d', 'day'),
  dayOfYear: number('[ \\d]{2}\\d', 'dayOfYear'),
  a: { pattern: '[A-Za-z]{3}' },
  A: { pattern: '[A-Za-z]{6,9}' },
  H: number('[ \\d]?\\d', 'hour'),
  p: { pattern: '[AaPp][Mm]', read: (text, parts) => void (parts.isAfternoon = /p/i.test(text)) },
  M: number('\\d{1,2}', 'minute'),
  S: number('\\d{1,2}', 'second'),
  /** Any number of digits, whatever the layout says: as Go reads them. */
  fraction: { pattern: '\\d{1,9}\\d*', read: readFraction },
  /** Go's: with the point, and it may be absent. */
  pointAndFraction: {
    pattern: '(?:[.,]\\d+)?',
    read: (text, parts) => void (text !== '' && readFraction(text, parts)),
  },
  Z: { pattern: '[A-Za-z]{1,5}|[+-]\\d{2,4}', read: (text, parts) => void (parts.zone = text) },
  offset: offset('[Zz]|[+-]\\d\\d(?::?\\d\\d(?::?\\d\\d)?)?'),
} as const satisfies Record<string, Directive>;
