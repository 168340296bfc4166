import { JsonError } from './error.ts';
import { hashStep, keysOf, type Member } from './keys.ts';
import { parseNumber, parseString } from './scalars.ts';
import type { Json, Shape } from './shape.ts';
import { createSkip } from './skip.ts';
import { createText } from './text.ts';

/** Reads one JSON text as it comes. Both throw a `JsonError`. */
export interface JsonReader {
  push(chunk: Uint8Array): void;
  /** What the text has of the shape. Undefined where it is something else altogether. */
  end(): Json | undefined;
}

/** An object or an array that is wanted. */
interface Container {
  readonly array: boolean;
  readonly shape: Shape;
  /** Where its members go. */
  readonly target: Json[] | Record<string, Json>;
  /** Of an object, the member that comes. */
  member: Member | undefined;
}

/** What may come next. */
const expectations = ['a value', 'a value or ]', 'a key', 'a key or }', ':', ', or the end', 'nothing'] as const;
const [aValue, valueOrEnd, aKey, keyOrEnd, aColon, commaOrEnd, nothing] = [0, 1, 2, 3, 4, 5, 6] as const;
type Expected = 0 | 1 | 2 | 3 | 4 | 5 | 6;
/** Within what a chunk may end. */
type Within = 'key' | 'string' | 'word' | 'skipped' | 'skipped word' | undefined;

const maxDepth = 64;
const [quote, backslash, comma, colon, openObject, openArray] = [0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x5b];
const [closeObject, closeArray] = [0x7d, 0x5d];

/** Digits, signs, letters: numbers, true, false, null. */
const isWord = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2d ||
  byte === 0x2b ||
  byte === 0x2e ||
  byte === 0x45;

/** Memory is that of what the shape wants, whatever the length of the text. */
export function createJsonReader(shape: Shape): JsonReader {
  const stack: Container[] = [];
  const skip = createSkip();
  const text = createText();
  let top: Container | undefined;
  let root: Json | undefined;
  let expected: Expected = aValue;
  let within: Within;
  let offset = 0;

  function fail(chunk: Uint8Array, at: number): never {
    const found = JSON.stringify(String.fromCharCode(chunk[at]!));
    throw new JsonError(`Found ${found} where ${expectations[expected]} is expected at byte ${offset + at}`);
  }

  /** Of the value that comes. */
  function wanted(): Shape | undefined {
    if (!top) return shape;
    return top.shape.is === 'each' ? top.shape.of : top.member?.shape;
  }

  function store(json: Json): void {
    if (!top) root = json;
    else if (Array.isArray(top.target)) top.target.push(json);
    else top.target[top.member!.name] = json;
  }

  function afterValue(): void {
    expected = top ? commaOrEnd : nothing;
  }

  function open(of: Shape, array: boolean, at: number): void {
    if (stack.length >= maxDepth) throw new JsonError(`The nesting is deeper than ${maxDepth} at byte ${offset + at}`);
    const target = array ? [] : withoutPrototype();
    store(target);
    top = { array, shape: of, target, member: undefined };
    stack.push(top);
    expected = array ? valueOrEnd : keyOrEnd;
  }

  function close(): void {
    stack.pop();
    top = stack.at(-1);
    afterValue();
  }

  /** The first byte of a value. Returns the place to go on from. */
  function beginValue(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]!;
    const of = wanted();
    if (byte === openObject || byte === openArray) {
      if (of && of.is !== 'value' && !(of.is === 'members' && byte === openArray)) open(of, byte === openArray, at);
      else {
        skip.begin('container');
        within = 'skipped';
      }
      return at + 1;
    }
    const keeps = of?.is === 'value';
    if (byte === quote) {
      within = keeps ? 'string' : 'skipped';
      if (!keeps) skip.begin('string');
      return at + 1;
    }
    if (!isWord(byte)) fail(chunk, at);
    within = keeps ? 'word' : 'skipped word';
    return at;
  }

  function endKey(name: string | undefined, member: Member | undefined): void {
    const { shape: of } = top!;
    if (of.is === 'each') top!.member = { name: name ?? '', shape: of.of };
    else if (member || name === undefined) top!.member = member;
    else {
      const one = of.is === 'members' ? of.members.get(name) : undefined;
      top!.member = one && { name, shape: one };
    }
    within = undefined;
    expected = aColon;
  }

  /** A key that is whole in this chunk and has no escapes is compared by its bytes. */
  function readKey(chunk: Uint8Array, from: number): number {
    const { shape: of } = top!;
    if (of.is === 'members' && text.isEmpty) {
      let hash = 0;
      for (let at = from; at < chunk.length; at++) {
        const byte = chunk[at]!;
        if (byte === quote) {
          endKey(undefined, keysOf(of).find(chunk, from, at, hash));
          return at + 1;
        }
        if (byte === backslash) break;
        hash = hashStep(hash, byte);
      }
    }
    const end = text.readString(chunk, from);
    if (end < 0) return chunk.length;
    const inside = text.take();
    endKey(inside === undefined ? '' : parseString(inside), undefined);
    return end;
  }

  function readString(chunk: Uint8Array, from: number): number {
    const end = text.readString(chunk, from);
    if (end < 0) return chunk.length;
    const inside = text.take();
    if (inside !== undefined) store(parseString(inside));
    within = undefined;
    afterValue();
    return end;
  }

  function endWord(): void {
    const word = text.take();
    if (word !== undefined) store(parseNumber(word));
    within = undefined;
    afterValue();
  }

  function readWord(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && isWord(chunk[at]!)) at++;
    if (within === 'word') text.add(chunk, from, at);
    if (at === chunk.length) return at;
    if (within === 'word') endWord();
    else endSkipped();
    return at;
  }

  function endSkipped(): void {
    within = undefined;
    afterValue();
  }

  function readSkipped(chunk: Uint8Array, from: number): number {
    const end = skip.pass(chunk, from);
    if (end < 0) return chunk.length;
    endSkipped();
    return end;
  }

  function readWithin(chunk: Uint8Array, at: number): number {
    if (within === 'key') return readKey(chunk, at);
    if (within === 'string') return readString(chunk, at);
    return within === 'skipped' ? readSkipped(chunk, at) : readWord(chunk, at);
  }

  /** What stands between values, or begins one. Returns the place to go on from. */
  function readMark(chunk: Uint8Array, at: number): number {
    const byte = chunk[at]!;
    if (byte === closeObject || byte === closeArray) {
      const array = byte === closeArray;
      const allowed = expected === commaOrEnd || expected === (array ? valueOrEnd : keyOrEnd);
      if (top?.array !== array || !allowed) fail(chunk, at);
      close();
      return at + 1;
    }
    switch (expected) {
      case aValue:
      case valueOrEnd:
        return beginValue(chunk, at);
      case aKey:
      case keyOrEnd:
        if (byte !== quote) fail(chunk, at);
        within = 'key';
        return at + 1;
      case aColon:
        if (byte !== colon) fail(chunk, at);
        expected = aValue;
        return at + 1;
      case commaOrEnd:
        if (byte !== comma) fail(chunk, at);
        expected = top!.array ? aValue : aKey;
        return at + 1;
      case nothing:
        return fail(chunk, at);
    }
  }

  return {
    push(chunk) {
      const { length } = chunk;
      let at = 0;
      while (at < length) {
        if (within !== undefined) {
          at = readWithin(chunk, at);
          continue;
        }
        const byte = chunk[at]!;
        if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) at++;
        else at = readMark(chunk, at);
      }
      offset += length;
    },
    end() {
      if (within === 'word') endWord();
      else if (within === 'skipped word') endSkipped();
      if (expected !== nothing || within !== undefined)
        throw new JsonError(`The text ends after ${offset} bytes, where ${expectations[expected]} is expected`);
      return root;
    },
  };
}

/** `__proto__` is a key like any other. */
const withoutPrototype = (): Record<string, Json> => Object.create(null) as Record<string, Json>;
