import type { AnyValue, Attributes } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import { rememberAttributes } from './values.ts';

/** An AnyValue that goes on to `end`. Of several values the last one is taken, as protobuf says of a oneof. */
export function decodeValue(cursor: Cursor, end: number): AnyValue {
  let value: AnyValue = null;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x0a:
        value = cursor.text();
        break;
      case 0x10:
        value = cursor.bool();
        break;
      case 0x18:
        value = cursor.int64();
        break;
      case 0x21:
        value = cursor.double();
        // Encoding it would take it for an integer.
        if (Number.isInteger(value)) cursor.inexact = true;
        break;
      case 0x2a:
        value = decodeList(cursor, cursor.end());
        break;
      case 0x32:
        value = decodeKeyValues(cursor, cursor.end());
        break;
      case 0x3a:
        value = new Uint8Array(cursor.slice());
        break;
      default:
        cursor.skip(tag);
    }
  }
  return value;
}

function decodeList(cursor: Cursor, end: number): AnyValue {
  const values: AnyValue[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) values.push(decodeValue(cursor, cursor.end()));
    else cursor.skip(tag);
  }
  return values;
}

type WritableAttributes = { [key: string]: AnyValue };

function decodeKeyValues(cursor: Cursor, end: number): { readonly [key: string]: AnyValue } {
  const values: WritableAttributes = {};
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) addAttribute(cursor, values);
    else cursor.skip(tag);
  }
  return values;
}

/**
 * KeyValue fields from `start` to `end`. What the object does not say exactly is kept as bytes beside it: a double that is
 * an integer, a key that comes twice.
 */
export function readAttributes(cursor: Cursor, start: number, end: number): Attributes {
  const attributes: WritableAttributes = {};
  const { inexact } = cursor;
  cursor.inexact = false;
  cursor.at = start;
  while (cursor.at < end) {
    cursor.at++;
    addAttribute(cursor, attributes);
  }
  if (cursor.inexact) rememberAttributes(attributes, new Uint8Array(cursor.bytes.subarray(start, end)));
  cursor.inexact = inexact;
  return attributes;
}

/** Puts in the KeyValue whose length comes next. Of several with one key the first stays: so pdata's `Map.Get` has it. */
function addAttribute(cursor: Cursor, attributes: WritableAttributes): void {
  const end = cursor.end();
  let key = '';
  let value: AnyValue = null;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) key = cursor.key();
    else if (tag === 0x12) value = decodeValue(cursor, cursor.end());
    else cursor.skip(tag);
  }
  if (Object.hasOwn(attributes, key)) cursor.inexact = true;
  else if (key === '__proto__')
    Object.defineProperty(attributes, key, { value, enumerable: true, writable: true, configurable: true });
  else attributes[key] = value;
}
