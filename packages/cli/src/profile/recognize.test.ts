import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { diff, flamebearer, flamebearerDiff, folded, fromStacks, top } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import { recognize } from './recognize.ts';

const pprof = join(import.meta.dirname, '../../../libraries/pprof/testdata');
const example = fromStacks(
  [
    { frames: ['main', 'a'], values: [3e7] },
    { frames: ['main'], values: [1e7] },
  ],
  { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] },
);
const of = (text: string | Uint8Array) => recognize({ name: 'it', bytes: Buffer.from(text) });
const rows = (text: string | Uint8Array): unknown[] =>
  top(of(text).profile).rows.map(({ name, self, total }) => [name, self, total]);
const exampleRows = [
  ['a', 3e7, 3e7],
  ['main', 1e7, 4e7],
];

describe('what is a profile', () => {
  it.each(['go-cpu.pb.gz', 'rust-cpu.pb', 'node-wall.pb.gz'])('%s', (name) => {
    const bytes = readFileSync(join(pprof, name));
    expect(of(bytes).profile.samples.count).toBeGreaterThan(10);
  });

  it.each([
    ['as it is', (text: string) => text],
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(text)],
  ])('text of stacks, %s', (_, form) => {
    expect(rows(form(`${folded(example)}\r\n`))).toEqual(exampleRows);
    expect(rows(form(JSON.stringify(flamebearer(example))))).toEqual(exampleRows);
  });

  it('stacks with spaces in their names, without a value, and below zero', () =>
    expect(rows('main;a b (c) 3\n\nmain;d -2\n')).toEqual([
      ['a b (c)', 3, 3],
      ['d', -2, -2],
      ['main', 0, 1],
    ]));

  it("Pyroscope's own answer", () => {
    const { profile } = of(readFileSync(join(import.meta.dirname, 'testdata/v1/render.json')));
    expect(profile.sampleTypes).toEqual([{ type: 'cpu', unit: 'nanoseconds' }]);
    expect(top(profile).total).toBe(420_000_000);
  });

  it('samples, of which it is known how many a second has', () => {
    const { profile } = of(readFileSync(join(import.meta.dirname, 'testdata/legacy/render.json')));
    expect(profile.sampleTypes.map(({ type }) => type)).toEqual(['samples', 'cpu']);
    expect([top(profile, { sampleType: 'samples' }).total, top(profile).total]).toEqual([42, 420_000_000]);
  });

  it('a comparison', () => {
    const other = fromStacks([{ frames: ['main', 'b'], values: [2e7] }], { sampleTypes: example.sampleTypes });
    const { profile, base } = of(JSON.stringify(flamebearerDiff(example, other)));
    expect(top(diff(profile, base!)).rows.map(({ name, self }) => [name, self])).toEqual([
      ['a', -3e7],
      ['b', 2e7],
      ['main', -1e7],
    ]);
  });
});

const gzip = readFileSync(join(pprof, 'go-cpu.pb.gz'));

it.each<[string, string | Uint8Array, RegExp]>([
  ['nothing', '', /^it is empty\.$/],
  ['white space', ' \n\n', /There is nothing in it\.$/],
  ['a page', '<!doctype html><title>404 &amp;</title>', /It is a web page: "404 &amp;"\. Is it the right address\?$/],
  ['markup', '<svg/>', /It is markup\. /],
  ['other JSON', '{"status":"ok","data":[]}', /It is JSON \(with status, data\), but not a flame graph/],
  ['a list', '[1,2]', /It is JSON \(a list\)/],
  ['half JSON', '{"flamebearer":', /begins as JSON does, but is none/],
  ['a flame graph that is none', '{"flamebearer":{"names":[],"levels":[[1,2]]}}', /Level 0/],
  ['a text', 'hello\nworld\n', /line 1 has no number at its end: "hello"/],
  ['the text form', 'goroutine profile: total 7\n1 @ 0x1 0x2\n', /without debug=1/],
  ['noise', Buffer.from([0, 1, 2, 3, 0xff, 0xfe]), /^it is not a profile that can be read\. /],
  ['an image', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), /^it is not a profile that can be read\. /],
  ['cut gzip', gzip.subarray(0, 500), /The gzip data is cut off\.$/],
  ['gzip of noise', gzipSync(Buffer.from([9, 9, 9, 9, 0])), /^it is not a profile that can be read\. /],
  ['a billion zeros', gzipSync(Buffer.alloc(300 * 1024 * 1024)), /larger than 268435456 bytes/],
])('%s is no profile, which is said', (_, bytes, message) => expect(() => of(bytes)).toThrow(message));
