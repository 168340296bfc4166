import { constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Encoding } from './decompress.ts';
import { decompress } from './decompress.ts';

const compress = { gzip: gzipSync, zstd: zstdCompressSync, deflate: deflateSync } as const;
const encodings = ['gzip', 'zstd', 'deflate'] as const;
const noise = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, index) => (index * index) >> 3));
const zeros = (size: number): Buffer => Buffer.alloc(size);
const mib = 1024 * 1024;

const run = async (bytes: Buffer, encoding: Encoding, limit = 20 * mib): Promise<Buffer> =>
  decompress(bytes, { encoding, limit });

describe.each(encodings)('%s', (encoding) => {
  test.each([
    ['nothing', zeros(0)],
    ['a byte', noise(1)],
    ['noise', noise(100_000)],
    ['what shrinks to little', zeros(100_000)],
    ['a megabyte, exactly', zeros(mib)],
    ['a byte more', zeros(mib + 1)],
    ['all that is allowed', zeros(20 * mib)],
    ['much noise', noise(3 * mib)],
  ])('%s', async (_name, bytes) => {
    expect((await run(compress[encoding](bytes), encoding)).equals(bytes)).toBe(true);
  });

  test.each([
    ['a little too much', zeros(5001), 5000],
    ['a little too much for long', zeros(2 * mib + 1), 2 * mib],
    ['a bomb', zeros(64 * mib), 20 * mib],
  ])('%s', async (_name, bytes, limit) => {
    await expect(run(compress[encoding](bytes), encoding, limit)).rejects.toMatchObject({ code: 8, status: 413 });
  });

  test('a part of it', async () => {
    const whole = compress[encoding](noise(10_000));
    for (const size of [1, 5, 17, 18, 100, whole.length - 9])
      await expect(run(whole.subarray(0, size), encoding)).rejects.toMatchObject({ code: 13, status: 400 });
  });
});

test('sizes that are not true are found out', async () => {
  const gzip = gzipSync(zeros(3 * mib));
  gzip.writeUInt32LE(5, gzip.length - 4);
  await expect(run(gzip, 'gzip')).rejects.toMatchObject({ code: 13 });
  const small = gzipSync(noise(100));
  small.writeUInt32LE(0xffff_ffff, small.length - 4);
  await expect(run(small, 'gzip')).rejects.toMatchObject({ code: 13 });
});

test('several members of gzip are one', async () => {
  const both = Buffer.concat([gzipSync(noise(50_000)), gzipSync(zeros(3 * mib))]);
  expect((await run(both, 'gzip')).length).toBe(50_000 + 3 * mib);
  const lastIsSmall = Buffer.concat([gzipSync(zeros(3 * mib)), gzipSync(noise(10))]);
  expect((await run(lastIsSmall, 'gzip')).length).toBe(10 + 3 * mib);
});

test.each([
  ['a size of one byte', {}, 200],
  ['of two', {}, 30_000],
  ['of four', {}, 300_000],
])('zstd says %s', async (_name, params, size) => {
  expect((await run(zstdCompressSync(noise(size), { params }), 'zstd')).length).toBe(size);
});

test('zstd without a size', async () => {
  const stream = zstdCompressSync(noise(300_000), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  expect((await run(stream, 'zstd')).length).toBe(300_000);
});

test('a window of zstd beyond 8 MiB is not opened', async () => {
  // A frame that says: a window of 128 MiB, then a block of one byte a thousand times.
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (27 - 10) << 3, 0x43, 0x1f, 0x00, 0x61]);
  await expect(run(frame, 'zstd')).rejects.toMatchObject({ code: 13 });
  frame[5] = (23 - 10) << 3;
  expect((await run(frame, 'zstd')).length).toBe(1000);
});
