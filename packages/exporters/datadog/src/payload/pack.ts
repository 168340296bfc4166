import type { Body } from '@millrace/http-client';
import { bodyOf } from '@millrace/http-client';
import type { Compression } from './compress.ts';
import { compressBody } from './compress.ts';
import type { Format } from './format.ts';

/** The body of one request, within the limits of its intake. */
export interface Payload {
  readonly body: Body;
  /** The data points or log records in it. */
  readonly items: number;
  /** The same in two or more, for a server that finds it too large. Made once. Undefined: there is nothing to divide. */
  halves(): Promise<readonly Payload[] | undefined>;
}

export interface Packing<Item> {
  readonly format: Format<Item>;
  readonly compression: Compression;
  /** Told of what fits into no request, whatever is done: so many data points or log records. */
  tooLarge(items: number): void;
}

/** Makes payloads that together have all items in their order. Sizes are measured, not estimated. */
export async function pack<Item>(items: readonly Item[], packing: Packing<Item>): Promise<readonly Payload[]> {
  const { format, compression, tooLarge } = packing;
  const payloads: Payload[] = [];
  for (const group of groups(items, packing)) {
    const body = bodyOf([await compressBody(group.body, compression)]);
    if (body.bytes <= format.limits.sent) {
      payloads.unshift(payloadOf(group.items, body, packing));
      continue;
    }
    const divided = await packHalves(group.items, packing);
    if (divided) payloads.unshift(...divided);
    else tooLarge(countOf(group.items, format));
  }
  return payloads;
}

const countOf = <Item>(items: readonly Item[], format: Format<Item>): number =>
  items.reduce((sum, item) => sum + format.count(item), 0);

function payloadOf<Item>(items: readonly Item[], body: Body, packing: Packing<Item>): Payload {
  let halves: Promise<readonly Payload[] | undefined> | undefined;
  return {
    body,
    items: countOf(items, packing.format),
    halves: () => (halves ??= packHalves(items, packing)),
  };
}

async function packHalves<Item>(
  items: readonly Item[],
  packing: Packing<Item>,
): Promise<readonly Payload[] | undefined> {
  const [first] = items;
  const middle = items.length >> 1;
  const halves =
    items.length > 1
      ? [items.slice(0, middle), items.slice(middle)]
      : first && packing.format.halve(first)?.map((half) => [half]);
  if (!halves) return undefined;
  return [...(await pack(halves[0]!, packing)), ...(await pack(halves[1]!, packing))];
}

interface Group<Item> {
  readonly items: readonly Item[];
  readonly body: Uint8Array;
}

/** As many items at a time as fit into a body before compression, from the last to the first. */
function* groups<Item>(items: readonly Item[], { format, tooLarge }: Packing<Item>): Generator<Group<Item>> {
  const builder = format.builder();
  const rest = [...items];
  let group: Item[] = [];
  const close = (): Group<Item> => {
    const closed = { items: group.reverse(), body: builder.finish() };
    group = [];
    return closed;
  };
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    builder.add(item);
    if (builder.bytes <= format.limits.raw && group.length < format.limits.items) {
      group.push(item);
      continue;
    }
    builder.undo();
    if (group.length > 0) {
      rest.push(item);
      yield close();
      continue;
    }
    const halves = format.halve(item);
    if (halves) rest.push(...halves);
    else tooLarge(format.count(item));
  }
  if (group.length > 0) yield close();
}
