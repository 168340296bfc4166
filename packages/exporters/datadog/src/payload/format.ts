/** What one request may have. */
export interface Limits {
  /** Bytes before compression. */
  readonly raw: number;
  /** Bytes as they are sent. */
  readonly sent: number;
  readonly items: number;
}

/** A body that grows, so that its size is known at every item. Items are added from the last to the first. */
export interface Builder<Item> {
  /** Of the whole body with what has been added, before compression. */
  readonly bytes: number;
  /** Puts the item before those that have been added. */
  add(item: Item): void;
  /** Takes back what was added last. */
  undo(): void;
  /** The body. The builder is empty again. */
  finish(): Uint8Array;
}

/** How items become the body of a request to one of Datadog's intakes. */
export interface Format<Item> {
  readonly contentType: string;
  readonly limits: Limits;
  builder(): Builder<Item>;
  /** An item in two with the same content; undefined where it has nothing to divide. */
  halve(item: Item): readonly [Item, Item] | undefined;
  /** Data points or log records. */
  count(item: Item): number;
}

/** Texts with commas between them, in brackets. */
export function jsonBuilder<Item>(
  encode: (item: Item) => string,
  [open, close]: readonly [string, string],
): Builder<Item> {
  const empty = open.length + close.length;
  let texts: string[] = [];
  let sizes: number[] = [];
  let bytes = empty;
  return {
    get bytes() {
      return bytes;
    },
    add(item) {
      const text = encode(item);
      const size = Buffer.byteLength(text) + (texts.length > 0 ? 1 : 0);
      texts.push(text);
      sizes.push(size);
      bytes += size;
    },
    undo() {
      texts.pop();
      bytes -= sizes.pop() ?? 0;
    },
    finish() {
      const body = Buffer.from(`${open}${texts.reverse().join(',')}${close}`);
      texts = [];
      sizes = [];
      bytes = empty;
      return body;
    },
  };
}
