import type { HrTime } from '@millrace/core';

const pattern =
  /^(\d{4,6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** The instant that the text of a value of kind `time` means; UTC where it has no zone. Undefined if it is none. */
export function parseTime(text: string): HrTime | undefined {
  const usual = parseUsual(text);
  if (usual) return usual;
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  return [ms / 1000 - offsetSeconds(zone), Number(fraction.padEnd(9, '0'))];
}

function offsetSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4) || 0) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

let lastDay = '';
let lastDaySeconds = 0;

/** `2026-01-31T12:00:00.123456Z` or with `+02:00`, which nearly all are: three times as fast as the pattern. */
function parseUsual(text: string): HrTime | undefined {
  const { length } = text;
  let end = length;
  let offset = 0;
  if (text.charCodeAt(length - 1) === zulu) end--;
  else {
    const sign = text.charCodeAt(length - 6);
    if ((sign !== plus && sign !== minus) || text.charCodeAt(length - 3) !== colon) return undefined;
    end -= 6;
    offset = digits(text, end + 1, end + 3) * 3600 + digits(text, end + 4, length) * 60;
    if (sign === minus) offset = -offset;
  }
  if (end < 19 || text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined;
  const time = digits(text, 11, 13) * 3600 + digits(text, 14, 16) * 60 + digits(text, 17, 19);
  let nanos = 0;
  if (end > 19) {
    if (text.charCodeAt(19) !== dot || end === 20 || end > 29) return undefined;
    nanos = digits(text, 20, end) * 10 ** (29 - end);
  }
  const seconds = daySeconds(text) + time - offset;
  return Number.isNaN(seconds + nanos) ? undefined : [seconds, nanos];
}

/** Rows that follow each other are mostly of the same day. */
function daySeconds(text: string): number {
  if (lastDay !== '' && text.startsWith(lastDay)) return lastDaySeconds;
  const separator = text.charCodeAt(10);
  if (text.charCodeAt(4) !== minus || text.charCodeAt(7) !== minus || (separator !== letterT && separator !== space))
    return NaN;
  const seconds = Date.UTC(digits(text, 0, 4), digits(text, 5, 7) - 1, digits(text, 8, 10)) / 1000;
  if (!Number.isNaN(seconds)) [lastDay, lastDaySeconds] = [text.slice(0, 11), seconds];
  return seconds;
}

const [zero, nine, dot, colon, plus, minus] = [48, 57, 46, 58, 43, 45];
const [zulu, letterT, space] = [90, 84, 32];

/** The number that these digits are; NaN if one is none. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code < zero || code > nine) return NaN;
    number = number * 10 + (code - zero);
  }
  return number;
}
