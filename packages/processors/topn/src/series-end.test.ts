import { describe, expect, test } from 'vitest';
import { start } from '../testdata/run.ts';
import type { Seen } from '../testdata/scrape.ts';
import { scrape, sized } from '../testdata/scrape.ts';

describe('series end', () => {
  test('of an entity that falls out, once; they begin again when it is back', async () => {
    const { text } = start({ n: 1, margin: 0, other: 'drop', percent_of_group: ['process.memory.pss'] });
    await text(scrape(1, sized(2, 1)));
    expect(await text(scrape(2, sized(1, 3)))).toMatchInlineSnapshot(`
      "process.memory.pss.percent_of_group{process.pid=1|} ended %
      process.memory.pss.percent_of_group{process.pid=2|} 75 %
      process.memory.pss{process.pid=1|} ended By
      process.memory.pss{process.pid=2|} 3 By
      "
    `);
    expect(await text(scrape(3, sized(1, 3)))).not.toContain('ended');
    expect(await text(scrape(4, sized(4, 3)))).toMatchInlineSnapshot(`
      "process.memory.pss.percent_of_group{process.pid=1|} 57.14285714285714 %
      process.memory.pss.percent_of_group{process.pid=2|} ended %
      process.memory.pss{process.pid=1|} 4 By
      process.memory.pss{process.pid=2|} ended By
      "
    `);
  });

  test('of an entity that has ended, if it was kept', async () => {
    const { text, pass } = start({ n: 1, rank: 'metric' });
    await pass(scrape(1, sized(3, 2, 1)));
    const ends = (pid: number): Seen => ({ pid, values: { 'process.memory.pss': 'ended' } });
    expect(await text(scrape(2, [...sized(3, 2), ends(3)]))).not.toContain('ended');
    expect(await text(scrape(3, [ends(1), sized(3, 2)[1]!]))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1|} ended By
      process.memory.pss{process.pid=2|} 2 By
      process.memory.pss{topn.other=true|} ended By
      topn.other.size{topn.other=true|} ended {entity}
      topn.rank{process.pid=1|} ended 1
      topn.rank{process.pid=2|} 1 1
      "
    `);
    // Nothing is remembered of it.
    expect(await text(scrape(4, [ends(1), sized(3, 2)[1]!]))).not.toContain('ended');
  });

  test('of the remainder, when there is none any more', async () => {
    const { text } = start({ n: 1 });
    await text(scrape(1, sized(3, 2)));
    expect(await text(scrape(2, sized(3)))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1|} 3 By
      process.memory.pss{topn.other=true|} ended By
      topn.other.size{topn.other=true|} ended {entity}
      "
    `);
    expect(await text(scrape(3, sized(3)))).not.toContain('other');
  });

  test('of the remainder that no member has any more', async () => {
    const { text } = start({ n: 1 });
    const second = (values: Seen['values']): Seen[] => [
      ...sized(9),
      { pid: 2, values: { 'process.memory.pss': 1, ...values } },
    ];
    await text(scrape(1, second({ 'process.disk.io': { read: 5 } })));
    expect(await text(scrape(2, second({})))).toMatchInlineSnapshot(`
      "process.disk.io{topn.other=true|disk.io.direction="read"} ended By
      process.memory.pss{process.pid=1|} 9 By
      process.memory.pss{topn.other=true|} 1 By
      topn.other.size{topn.other=true|} 1 {entity}
      "
    `);
    expect(await text(scrape(3, second({})))).not.toContain('ended');
  });

  test('of a kept entity pass, those of one in the remainder do not', async () => {
    const { text } = start({ n: 1 });
    const using = (...usages: readonly (number | 'ended')[]): Seen[] =>
      usages.map((usage, index) => ({
        pid: index + 1,
        values: { 'process.memory.pss': 9 - index, 'process.memory.usage': usage },
      }));
    await text(scrape(1, using(5, 5)));
    expect(await text(scrape(2, using('ended', 4)))).toContain('process.memory.usage{process.pid=1|} ended By');
    await text(scrape(3, using(5, 5)));
    expect(await text(scrape(4, using(5, 'ended')))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1|} 9 By
      process.memory.pss{topn.other=true|} 8 By
      process.memory.usage{process.pid=1|} 5 By
      process.memory.usage{topn.other=true|} ended By
      topn.other.size{topn.other=true|} 1 {entity}
      "
    `);
  });

  test('of an entity that comes to be kept do not pass: nothing was sent of them', async () => {
    const { text } = start({ n: 1, margin: 0 });
    const second = (pss: number, usage: number | 'ended'): Seen => ({
      pid: 2,
      values: { 'process.memory.pss': pss, 'process.memory.usage': usage },
    });
    await text(scrape(1, [...sized(5), second(1, 7)]));
    expect(await text(scrape(2, [...sized(5), second(9, 'ended')]))).not.toContain(
      'process.memory.usage{process.pid=2',
    );
  });

  test('under the old rank, when the rank is an attribute and changes', async () => {
    const { text } = start({ rank: 'attribute', n: 2, margin: 0 });
    await text(scrape(1, sized(3, 2)));
    expect(await text(scrape(2, sized(3, 4)))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1,topn.rank="1"|} ended By
      process.memory.pss{process.pid=1,topn.rank="2"|} 3 By
      process.memory.pss{process.pid=2,topn.rank="1"|} 4 By
      process.memory.pss{process.pid=2,topn.rank="2"|} ended By
      "
    `);
    expect(await text(scrape(3, sized(3, 4)))).not.toContain('ended');
    expect(
      await text(scrape(4, [{ pid: 1, values: { 'process.memory.pss': 'ended' } }, sized(3, 4)[1]!])),
    ).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1,topn.rank="2"|} ended By
      process.memory.pss{process.pid=2,topn.rank="1"|} 4 By
      "
    `);
  });

  test('of what no batch mentions for long', async () => {
    const { text, clock } = start({ n: 1, group_by: ['process.group'], metric_expiration: '1m' });
    const grouped = (group: string): Seen[] => sized(2, 1).map((one) => ({ ...one, group }));
    await text(scrape(1, [...grouped('a'), ...grouped('b')]));
    await clock.advance(59_000);
    expect(await text(scrape(60, grouped('a')))).not.toContain('ended');
    await clock.advance(1000);
    expect(await text(scrape(61, grouped('a')))).not.toContain('ended');
    await clock.advance(60_000);
    expect(await text(scrape(121, grouped('a')))).toMatchInlineSnapshot(`
      "process.memory.pss{process.group="a",process.pid=1|} 2 By
      process.memory.pss{process.group="a",topn.other=true|} 1 By
      process.memory.pss{process.group="b",process.pid=1|} ended By
      process.memory.pss{process.group="b",topn.other=true|} ended By
      topn.other.size{process.group="a",topn.other=true|} 1 {entity}
      topn.other.size{process.group="b",topn.other=true|} ended {entity}
      "
    `);
    await clock.advance(60_000);
    expect(await text(scrape(181, grouped('a')))).not.toContain('ended');
  });
});
