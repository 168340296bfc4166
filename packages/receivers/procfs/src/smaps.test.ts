import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addSmaps, emptyTotals } from './smaps.ts';

const testdata = join(import.meta.dirname, 'testdata');

function totals(text: string | Uint8Array) {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const sums = emptyTotals();
  const used = addSmaps(bytes, bytes.length, sums);
  return { ...sums, rest: bytes.length - used };
}

describe('addSmaps', () => {
  it('reads smaps_rollup', () => {
    const text = readFileSync(join(testdata, 'proc-6.18/proc/812/smaps_rollup'));
    expect(totals(text)).toEqual({ rss: 28100, pss: 9400, uss: 4400, swap: 512, lines: 5, rest: 0 });
  });

  it('adds up the mappings of smaps', () => {
    const text = readFileSync(join(testdata, 'proc-4.9/proc/37/smaps'));
    expect(totals(text)).toEqual({ rss: 60, pss: 38, uss: 16, swap: 8, lines: 10, rest: 0 });
  });

  it('reads it piece by piece, wherever it is cut', () => {
    const text = readFileSync(join(testdata, 'proc-4.9/proc/37/smaps'));
    for (let cut = 0; cut <= text.length; cut += 7) {
      const sums = emptyTotals();
      const used = addSmaps(text, cut, sums);
      addSmaps(text.subarray(used), text.length - used, sums);
      expect(sums).toEqual({ rss: 60, pss: 38, uss: 16, swap: 8, lines: 10 });
    }
  });

  it.each([
    ['nothing', '', 0],
    ['no newline', 'Rss: 5 kB', 0],
    ['no number', 'Rss:\nPss: kB\n', 0],
    ['names that only begin alike', 'RssFile: 5 kB\nPss_Anon: 5 kB\nSwapPss: 5 kB\nPrivate_Hugetlb: 5 kB\n', 0],
    ['a mapping whose file is called as a line', '00400000-0040b000 r-xp 0 08:01 1 /Rss: 7 kB\n', 0],
  ])('takes nothing from %s', (_what, text, lines) => {
    expect(totals(text)).toMatchObject({ rss: 0, pss: 0, uss: 0, swap: 0, lines });
  });

  it('does not look beyond the length', () => {
    const bytes = Buffer.from('Rss: 5 kB\nPss: 7 kB\n');
    const sums = emptyTotals();
    expect(addSmaps(bytes, 12, sums)).toBe(10);
    expect(sums).toMatchObject({ rss: 5, pss: 0 });
  });
});
