import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callGraph, decode, formatReport, fromStacks, report, sampleTypeIndex, top } from './index.ts';

const folder = join(import.meta.dirname, '../testdata');
const read = (name: string) => decode(readFileSync(join(folder, `${name}.pb.gz`)));

it.each(['go-cpu', 'go-heap', 'python-thread'])('the report of %s', async (name) => {
  const profile = read(name);
  const { type } = profile.sampleTypes[sampleTypeIndex(profile)]!;
  const text = formatReport(profile, { title: `${type} of ${name}.pb.gz`, limit: 8 });
  await expect(text).toMatchFileSnapshot(`../testdata/report-${name}.md`);
});

describe('what it says', () => {
  const profile = fromStacks(
    [
      { frames: ['main', 'a'], values: [700, 1] },
      { frames: ['main', 'b'], values: [297, 2] },
      { frames: ['main', 'c'], values: [3, 400] },
    ],
    {
      sampleTypes: [
        { type: 'cpu', unit: 'milliseconds' },
        { type: 'alloc_space', unit: 'bytes' },
      ],
    },
  );
  const cpu = { sampleType: 'cpu' };

  it('is that of the table of go tool pprof', () => {
    for (const options of [cpu, { ...cpu, sort: 'total' as const, limit: 2 }, { ...cpu, focus: 'b|c' }]) {
      const { rows, dropped, cutoff, omitted, total } = report(read('go-cpu'), options);
      const graph = callGraph(read('go-cpu'), { ...options, minNodeShare: 0.005 });
      const row = ({ name, self, total: all }: (typeof rows)[number] | (typeof graph.nodes)[number]) => [
        name,
        self,
        all,
      ];
      expect({ rows: rows.map(row), dropped, cutoff, omitted, total }).toEqual({
        rows: graph.nodes.map(row),
        dropped: graph.dropped,
        cutoff: graph.cutoff,
        omitted: graph.omitted,
        total: graph.total,
      });
    }
  });

  it('is what is shown of what, and what is left out', () => {
    const said = report(profile, { ...cpu, limit: 2, highlights: 1 });
    expect(said).toMatchObject({ title: 'cpu', time: undefined, total: 1000, shown: 997, dropped: 1, cutoff: 5 });
    expect(said.rows.map(({ name, self, sum }) => [name, self, sum])).toEqual([
      ['a', 700, 700],
      ['b', 297, 997],
    ]);
    expect([said.omitted, said.topBySelf, said.topByTotal]).toEqual([
      1,
      [expect.objectContaining({ name: 'a' })],
      [expect.objectContaining({ name: 'main', total: 1000 })],
    ]);
    const text = formatReport(profile, { ...cpu, limit: 2, highlights: 1, unit: 's', time: 'now' });
    expect(text).toMatch(
      /^# cpu\n\n- Time: now\n- Samples shown: 1s of 1s \(99\.70%\)\n- Dropped nodes: 1 \(cum <= 0\.01s\)/,
    );
    expect(text).toContain('- Shown: the first 2 of 3 nodes\n');
    expect(text).toMatch(
      /## Top 1 by self\n\n1\. `a`: 0\.70s \(70\.00%\)\n\n## Top 1 by cumulative\n\n1\. `main`: 1s \(100%\)\n$/,
    );
    expect(formatReport(profile)).toMatch(/^# alloc\\?_space\n[^]*\| 400B \| 99\.26% \|/);
  });

  it('is exact beyond 2^53', () => {
    const big = 2n ** 60n + 1n;
    const stacks = ['a', 'b'].map((name) => ({ frames: [name], values: [big] }));
    const { rows, shown } = report(fromStacks(stacks, { sampleTypes: [{ type: 'x', unit: 'count' }] }));
    expect([rows[0]!.sum, rows[1]!.sum, shown]).toEqual([big, 2n * big, 2n * big]);
  });

  it('is Markdown whatever names say', () => {
    const stacks = [
      { frames: ['a|b', '`c``d`\x1b[2J'], values: [3] },
      { frames: ['<img src=x>\n| 9 |'], values: [2] },
    ];
    const evil = fromStacks(stacks, { sampleTypes: [{ type: 'samples', unit: 'count' }] });
    const text = formatReport(evil, { title: '# <b> `x` a_b _c_' });
    expect(text).toContain('# \\# \\<b\\> \\`x\\` a_b \\_c\\_\n');
    expect(text).toContain('| 3 | 60.00% | 60.00% | 3 | 60.00% | ``` `c``d` [2J ``` |');
    expect(text).toContain('| `a\\|b` |');
    expect(text).toContain('| `<img src=x> \\| 9 \\|` |');
  });

  it('is nothing of a profile without values', () => {
    const none = fromStacks([], { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] });
    expect(top(none).rows).toEqual([]);
    expect(formatReport(none)).toContain('- Samples shown: 0 of 0 (0%)');
  });
});
