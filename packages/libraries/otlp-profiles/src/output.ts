import type { AnyValue, Attributes } from '@millrace/core';
import { Writer } from '@millrace/protobuf';

// opentelemetry/proto/common/v1/common.proto
const anyValue = { string: 0x0a, bool: 0x10, int: 0x18, double: 0x21, array: 0x2a, kvlist: 0x32, bytes: 0x3a } as const;
const keyValue = { key: 0x0a, value: 0x12, keyStrindex: 0x18 } as const;
const listValues = 0x0a;

/** Writes fields from the last to the first, as a Writer goes. What is 0 or empty is left out, as proto3 has it. */
export class Output extends Writer {
  number(tag: number, value: number): void {
    if (value === 0) return;
    this.varint(value);
    this.tag(tag);
  }

  int64(tag: number, value: number | bigint): void {
    if (value === 0 || value === 0n) return;
    this.word(value);
    this.tag(tag);
  }

  /** A 64-bit integer without a tag. */
  word(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0) this.varint(value);
    else this.varint64(BigInt(value));
  }

  /** An integer in halves, as a column of @millrace/pprof has it. */
  halves(tag: number, low: number, high: number): void {
    if ((low | high) === 0) return;
    if (high === 0) this.varint(low >>> 0);
    else this.varint64((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
    this.tag(tag);
  }

  string(tag: number, text: string): void {
    if (text === '') return;
    const mark = this.length;
    this.text(text);
    this.message(tag, mark);
  }

  packed(tag: number, values: ArrayLike<number>): void {
    if (values.length === 0) return;
    const mark = this.length;
    for (let index = values.length - 1; index >= 0; index--) this.varint(values[index]!);
    this.message(tag, mark);
  }

  /**
   * Repeated KeyValue fields. An attribute that is undefined is not there. With `strings`, keys are said as indexes too: the
   * collector (pprofile v0.155, `resolveKeyValueReferences`) takes the first string for a key that has no index, and others do
   * not know indexes.
   */
  attributes(tag: number, attributes: Attributes, strings?: StringIndex): void {
    for (const [key, value] of Object.entries(attributes).toReversed()) {
      if (value === undefined) continue;
      const mark = this.length;
      if (strings) this.number(keyValue.keyStrindex, strings(key));
      const start = this.length;
      this.value(value, strings);
      this.message(keyValue.value, start);
      this.string(keyValue.key, key);
      this.message(tag, mark);
    }
  }

  /** The content of an AnyValue; nothing at all for null. What no int64 holds keeps its digits. */
  value(value: AnyValue, strings?: StringIndex): void {
    if (value === null) return;
    const mark = this.length;
    if (typeof value === 'string') {
      this.text(value);
      this.message(anyValue.string, mark);
    } else if (typeof value === 'boolean') {
      this.varint(value ? 1 : 0);
      this.tag(anyValue.bool);
    } else if (typeof value === 'bigint' && BigInt.asIntN(64, value) !== value) this.value(String(value));
    else if (typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))) {
      this.word(value as number | bigint);
      this.tag(anyValue.int);
    } else if (typeof value === 'number') {
      this.double(value);
      this.tag(anyValue.double);
    } else this.#composite(value as Composite, { mark, strings });
  }

  #composite(value: Composite, { mark, strings }: { mark: number; strings: StringIndex | undefined }): void {
    if (value instanceof Uint8Array) {
      this.bytes(value);
      this.message(anyValue.bytes, mark);
    } else if (isList(value)) {
      for (const item of value.toReversed()) {
        const start = this.length;
        this.value(item, strings);
        this.message(listValues, start);
      }
      this.message(anyValue.array, mark);
    } else {
      this.attributes(listValues, value, strings);
      this.message(anyValue.kvlist, mark);
    }
  }
}

/** The index of a text in the dictionary. */
export type StringIndex = (text: string) => number;

type Composite = Extract<AnyValue, object>;
const isList = (value: object): value is readonly AnyValue[] => Array.isArray(value);
