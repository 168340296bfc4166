import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectTo } from '../../../testdata/h2.ts';
import { decodeFields, encodeFields } from './hpack.ts';
import { decodeHuffman } from './huffman.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('Huffman code', () => {
  // https://www.rfc-editor.org/rfc/rfc7541#appendix-C
  test.each([
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff', 'www.example.com'],
    ['a8eb 1064 9cbf', 'no-cache'],
    ['25a8 49e9 5bb8 e8b4 bf', 'custom-value'],
    ['6402', '302'],
    ['d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['', ''],
  ])('%s is %j', (bytes, text) => expect(decodeHuffman(hex(bytes))).toBe(text));

  test.each([
    ['ffff ffff', /end in the middle|cut/],
    ['f1e3 c2e5 f23a 6ba0 ab90 f4ff ff', /cut/],
    ['00 00', /cut/],
  ])('%s is none', (bytes, want) => expect(() => decodeHuffman(hex(bytes))).toThrow(want));
});

describe('header blocks', () => {
  test.each([
    ['88 5f 1061 7070 6c69 6361 7469 6f6e 2f67 7270 63', { ':status': '200', 'content-type': 'application/grpc' }],
    ['20 40 0a 6375 7374 6f6d 2d6b 6579 0d 6375 7374 6f6d 2d68 6561 6465 72', { 'custom-key': 'custom-header' }],
    ['00 01 61 01 31 10 01 61 01 32', { a: '1' }],
    ['', {}],
  ])('%s', (bytes, fields) => expect({ ...decodeFields(hex(bytes)) }).toEqual(fields));

  test.each([
    ['80', /entry 0/],
    ['be', /entry 62/],
    ['ff ff ff ff ff ff ff', /too great|cut/],
    ['00 05 61', /cut/],
    ['3f e1 1f', /table that was not granted/],
    ['40 81', /cut/],
  ])('%s is none', (bytes, want) => expect(() => decodeFields(hex(bytes))).toThrow(want));

  test('what is encoded is decoded', () => {
    const fields = {
      ':method': 'POST',
      ':path': '/a',
      te: 'trailers',
      'x-long': 'x'.repeat(40_000),
      accept: 'é',
      via: '',
    };
    const block = encodeFields(fields, new Set(['te']));
    expect({ ...decodeFields(block) }).toEqual(fields);
    expect(block[0]).toBe(0x83);
  });
});

describe('as node:http2 has it', () => {
  const server = createServer();
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await once(server, 'close');
  });

  test('every byte that a header may have', async () => {
    // What it writes is read off the wire: it encodes with Huffman's code where that is shorter.
    const values = Array.from({ length: 224 }, (_, index) => index + 32)
      .filter((byte) => byte !== 127)
      .map((byte) => `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa${String.fromCharCode(byte)}e`);
    const fields = Object.fromEntries(values.map((value, index) => [`x-${index}`, value]));
    server.once('stream', (stream) => {
      stream.respond({ ':status': 200, ...fields }, { endStream: true });
      stream.on('error', () => {});
    });
    const { port } = server.address() as AddressInfo;
    const connection = await connectTo(port);
    const block = encodeFields({ ':method': 'POST', ':scheme': 'http', ':authority': 'a', ':path': '/' }, new Set());
    const outcome = await connection.send({ block, chunks: [Buffer.from('x')], bytes: 1 });
    for (const [name, value] of Object.entries(fields)) expect(outcome.headers?.[name]).toBe(value);
    connection.close();
  });
});
