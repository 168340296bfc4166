import type { TestContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { another } from '../../testdata/fake-engine.ts';
import { hostV2 } from '../../testdata/hosts.ts';
import { engineWith, host, id, open, web } from '../../testdata/scraping.ts';

describe('where numbers come from', () => {
  const said = (context: TestContext) => context.lines.map(({ message }) => message);

  it('is told once: cgroups', async () => {
    const { scrape, context } = await open(await engineWith([web]), { root_path: host(hostV2(id)) });
    await scrape();
    await scrape();
    expect(said(context)).toEqual(['The numbers of containers are read from cgroups.']);
  });

  it.each([
    { name: 'there are no cgroups', files: { 'proc/stat': '' }, reason: /There are no cgroups at/ },
    {
      name: 'the process id is of another machine',
      files: { ...hostV2('9'.repeat(64)), 'proc/4242/cgroup': '0::/system.slice/ssh.service\n' },
      reason: /There is no cgroup of that container here/,
    },
  ])('is the API where $name', async ({ files, reason }) => {
    const other = 'e'.repeat(64);
    const engine = await engineWith([web, another(web, other, 'other')]);
    const { scrape, context } = await open(engine, { root_path: host(files) });
    const { text, errors } = await scrape();
    await scrape();
    expect(errors).toEqual([]);
    expect(text).toMatch(/name="other".*usage.total|usage.total.*name="other"/);
    expect(said(context)).toEqual([
      'The numbers of a container are taken from the statistics of the API, which costs the engine more.',
    ]);
    expect(context.lines[0]!.fields).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('with stats_source cgroup is nowhere else', async () => {
    const engine = await engineWith([web]);
    const { scrape } = await open(engine, { root_path: host({ 'proc/stat': '' }), stats_source: 'cgroup' });
    const { text, errors } = await scrape();
    expect(text.trim()).toBe('');
    expect(errors.join()).toMatch(/could not be read from cgroups: There are no cgroups/);
    expect(engine.asked.some((path) => path.includes('/stats'))).toBe(false);
  });

  it('goes on from cgroups while the engine is down, which is told', async () => {
    const engine = await engineWith([web]);
    const { scrape } = await open(engine, { root_path: host(hostV2(id)) });
    await scrape();
    await engine.stop();
    await expect.poll(async () => (await scrape()).errors).toHaveLength(1);
    const { text, errors } = await scrape();
    expect(errors[0]).toMatch(/engine/);
    expect(text).toMatch(/container.cpu.usage.total.* 7500001000 ns/);
    await engine.start();
    await expect.poll(async () => (await scrape()).errors).toEqual([]);
  });
});
