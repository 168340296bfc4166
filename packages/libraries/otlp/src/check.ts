import type { Signal } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { Field } from './messages.ts';
import { mayBePacked, messageOf, messageList, requests, wireType } from './messages.ts';

/** Messages in messages: what other protobuf readers allow (C++, Java, JavaScript). */
export const depthLimit = 100;

// What to do with a field, by message and tag. Above `enter` is the index of the message to enter.
const passUnknown = 0;
const passVarint = 1;
const pass64 = 2;
const pass32 = 3;
const passBytes = 4;
const passText = 5;
const passPacked64 = 6;
const passPackedVarints = 7;
const passTraceId = 8;
const passSpanId = 9;
const refuse = 10;
const enter = 0x10;
const messageMask = 0x7f;
/** An item begins. */
const countItem = 0x100;
/** A metric begins, or its data: of several data, only the last is taken. */
const startMetric = 0x200;
const startData = 0x400;

const items: ReadonlySet<string> = new Set([
  'NumberDataPoint',
  'HistogramDataPoint',
  'ExponentialHistogramDataPoint',
  'SummaryDataPoint',
  'LogRecord',
  'Span',
  'Sample',
]);
const data: ReadonlySet<string> = new Set(['Gauge', 'Sum', 'Histogram', 'ExponentialHistogram', 'Summary']);

const passByWireType = { 0: passVarint, 1: pass64, 2: passBytes, 5: pass32 } as const;

function action(field: Field): number {
  const { kind, message } = field;
  if (message) {
    const flags =
      (items.has(message.name) ? countItem : 0) |
      (message.name === 'Metric' ? startMetric : 0) |
      (data.has(message.name) ? startData : 0);
    return (enter + message.index) | flags;
  }
  if (kind === 'string') return passText;
  if (kind === 'traceId') return passTraceId;
  if (kind === 'spanId') return passSpanId;
  return passByWireType[wireType(field)];
}

/** `message << 8 | tag`: every field of OTLP is below 32. */
const actions = new Uint16Array(messageList.length << 8);
for (const { index, fields } of messageList)
  for (const field of fields) {
    const tags = (index << 8) | (field.number << 3);
    actions.fill(refuse, tags, tags + 8);
    actions[tags | wireType(field)] = action(field);
    if (mayBePacked(field)) actions[tags | 2] = wireType(field) === 1 ? passPacked64 : passPackedVarints;
  }

const enterKeyValue = enter + messageOf('KeyValue').index;

/** Whether it is a short ASCII key with a short ASCII text or a plain number: so are nearly all, and they are most of a request. */
function isPlainKeyValue(view: DataView, start: number, end: number): boolean {
  if (end - start < 5 || view.getUint8(start) !== 0x0a) return false;
  let at = start + 2;
  const stop = at + view.getUint8(start + 1);
  // The value's tag, its length, and the tag of what is in it.
  if (stop > end - 3 || stop - at >= 0x80) return false;
  if (!isAscii(view, at, stop)) return false;
  at = stop;
  if (view.getUint8(at) !== 0x12 || view.getUint8(at + 1) !== end - at - 2 || end - at - 2 >= 0x80) return false;
  const tag = view.getUint8(at + 2);
  at += 3;
  if (tag === 0x0a) {
    if (at === end || view.getUint8(at) !== end - at - 1) return false;
    return isAscii(view, at + 1, end);
  }
  if (tag === 0x21) return end - at === 8;
  if ((tag !== 0x18 && tag !== 0x10) || end - at > 10) return false;
  for (; at < end - 1; at++) if (view.getUint8(at) < 0x80) return false;
  return at < end && view.getUint8(at) < 0x80;
}

const ends = new Int32Array(depthLimit);
const outer = new Uint8Array(depthLimit);
/** Where `longVarint` and `tagAt` stopped reading. */
let next = 0;

/**
 * Walks all of an export request as its protobuf must be, down to the text of attributes, and counts its items. Throws a
 * PermanentError that says what is wrong at which byte. Fields that OTLP does not know (yet) are passed over.
 */
export function checkRequest(signal: Signal, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let depth = 0;
  let message = requests[signal].index;
  let end = bytes.length;
  let at = 0;
  let count = 0;
  let countBeforeMetric = 0;
  for (;;) {
    while (at === end) {
      if (depth === 0) return count;
      end = ends[--depth]!;
      message = outer[depth]!;
    }
    const fieldAt = at;
    let tag = bytes[at++]!;
    if (tag >= 0x80) {
      tag = longVarint(bytes, fieldAt, end);
      at = next;
    }
    const todo = tag < 0x100 ? actions[(message << 8) | tag]! : passUnknown;
    if (todo >= enter || (todo >= passBytes && todo < refuse)) {
      let size = bytes[at++]!;
      if (!(size < 0x80)) {
        size = longVarint(bytes, at - 1, end);
        at = next;
      }
      const stop = at + size;
      if (stop > end) throw damaged(fieldAt, message, `a field of ${size} bytes ends beyond what holds it`);
      if (todo >= enter) {
        if (todo === enterKeyValue && isPlainKeyValue(view, at, stop)) {
          at = stop;
          continue;
        }
        if (depth === depthLimit - 1) throw damaged(fieldAt, message, `more than ${depthLimit} messages in messages`);
        ends[depth] = end;
        outer[depth++] = message;
        end = stop;
        message = (todo & messageMask) - enter;
        if (todo >= countItem) {
          if (todo & countItem) count++;
          else if (todo & startMetric) countBeforeMetric = count;
          else count = countBeforeMetric;
        }
        continue;
      }
      if (todo === passText) {
        if (!isAscii(view, at, stop) && !isUtf8(bytes, at, stop))
          throw damaged(fieldAt, message, 'text that is not UTF-8');
      } else if (todo === passPacked64) {
        if (size & 7) throw damaged(fieldAt, message, `${size} bytes are no list of numbers of 8 bytes`);
      } else if (todo === passPackedVarints) {
        while (at < stop) {
          if (bytes[at++]! >= 0x80) {
            longVarint(bytes, at - 1, stop);
            at = next;
          }
        }
      } else if (todo !== passBytes) {
        const want = todo === passTraceId ? 16 : 8;
        if (size !== 0 && size !== want) throw damaged(fieldAt, message, `an id of ${size} bytes instead of ${want}`);
      }
      at = stop;
    } else if (todo === pass64) {
      at += 8;
      if (at > end) throw tooShort(fieldAt, message);
    } else if (todo === passVarint) {
      const first = bytes[at++]!;
      if (!(first < 0x80)) {
        longVarint(bytes, at - 1, end);
        at = next;
      }
      if (at > end) throw tooShort(fieldAt, message);
    } else if (todo === pass32) {
      at += 4;
      if (at > end) throw tooShort(fieldAt, message);
    } else {
      if (todo === refuse) throw damaged(fieldAt, message, `field ${tag >>> 3} has wire type ${tag & 7}`);
      at = passField(bytes, { tag, at, end, message });
    }
  }
}

interface Passed {
  readonly tag: number;
  readonly at: number;
  readonly end: number;
  readonly message: number;
}

/** Where the content of a field that OTLP does not know ends. */
function passField(bytes: Uint8Array, { tag, at, end, message }: Passed): number {
  if (tag < 8 || tag > 0xffff_ffff) throw damaged(at, message, 'a field without a valid number');
  let stop = at;
  switch (tag & 7) {
    case 0:
      longVarint(bytes, at, end);
      stop = next;
      break;
    case 1:
      stop += 8;
      break;
    case 2:
      stop = longVarint(bytes, at, end);
      stop += next;
      break;
    case 5:
      stop += 4;
      break;
    default:
      throw damaged(at, message, `wire type ${tag & 7}, which OTLP does not use`);
  }
  if (stop > end) throw damaged(at, message, 'a field that ends beyond what holds it');
  return stop;
}

/** An integer of any length; `next` is where it ends. Beyond 2^53 it is not exact, but still greater than any length. */
function longVarint(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  let scale = 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      next = at + 1;
      return value;
    }
    if (at - start === 9)
      throw new PermanentError(`The request is damaged at byte ${start}: an integer of more than 10 bytes.`);
    scale *= 0x80;
  }
  throw new PermanentError(`The request is damaged at byte ${start}: it ends within an integer.`);
}

const tooShort = (at: number, message: number): PermanentError =>
  damaged(at, message, 'a number that ends beyond what holds it');

const damaged = (at: number, message: number, what: string): PermanentError =>
  new PermanentError(`The request is damaged at byte ${at}, in ${messageList[message]!.name}: ${what}.`);

/** https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506, table 3-7 */
function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const lead = bytes[at++]!;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return false;
    let more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + more > end) return false;
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    const second = bytes[at++]!;
    if (second < low || second > high) return false;
    for (; more > 1; more--) if ((bytes[at++]! & 0xc0) !== 0x80) return false;
  }
  return true;
}

/** Four bytes at once; the last four overlap. */
function isAscii(view: DataView, start: number, end: number): boolean {
  const last = end - 4;
  if (start <= last) {
    for (let at = start; at < last; at += 4) if ((view.getInt32(at, true) & 0x8080_8080) !== 0) return false;
    return (view.getInt32(last, true) & 0x8080_8080) === 0;
  }
  for (let at = start; at < end; at++) if (view.getUint8(at) >= 0x80) return false;
  return true;
}
