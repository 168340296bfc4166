import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type ServerEvent, serverEvents } from './events.ts';

async function parse(chunks: Iterable<string | Uint8Array>): Promise<ServerEvent[]> {
  const bytes = [...chunks].map((chunk) => Buffer.from(chunk as string));
  const events: ServerEvent[] = [];
  for await (const one of serverEvents(Readable.from(bytes))) events.push(one);
  return events;
}
const event = (data: string, more: Partial<ServerEvent> = {}): ServerEvent => ({
  type: 'message',
  data,
  id: undefined,
  retryMs: undefined,
  ...more,
});

const cases: readonly [name: string, text: string, expected: readonly ServerEvent[]][] = [
  ['an event', 'event: report\nid: 7\ndata: {"a":1}\n\n', [event('{"a":1}', { type: 'report', id: '7' })]],
  ['comments and empty lines', ': hello\n\n\n:\n\ndata: x\n\n', [event('x')]],
  ['data on several lines', 'data: a\ndata:b\ndata\n\n', [event('a\nb\n')]],
  ['one space only is cut', 'data:  a\n\n', [event(' a')]],
  ['an id that stays', 'id: 1\ndata: a\n\ndata: b\n\n', [event('a', { id: '1' }), event('b', { id: '1' })]],
  ['an id with NUL is none', 'id: a\0\ndata: b\n\n', [event('b')]],
  ['retry', 'retry: 1500\nretry: soon\ndata: a\n\n', [event('a', { retryMs: 1500 })]],
  ['a type does not stay', 'event: report\n\ndata: a\n\n', [event('a')]],
  ['what is cut off', 'data: a\n\ndata: b\n', [event('a')]],
  ['letters of several bytes', 'data: größe 表 🪨\n\n', [event('größe 表 🪨')]],
];

describe('server-sent events', () => {
  it.each(cases)('%s, whatever ends the lines and wherever a chunk ends', async (_name, text, expected) => {
    for (const end of ['\n', '\r\n', '\r']) {
      const bytes = Buffer.from(text.replaceAll('\n', end));
      expect(await parse([bytes])).toEqual(expected);
      expect(await parse([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
      for (let cut = 1; cut < bytes.length; cut++)
        expect(await parse([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(expected);
    }
  });

  it('takes time in proportion to the length of an event', async () => {
    const chunk = 'x'.repeat(64 * 1024);
    const [first] = await parse(['data: ', ...Array<string>(400).fill(chunk), '\n\n']);
    expect(first!.data.length).toBe(400 * chunk.length);
  });
});
