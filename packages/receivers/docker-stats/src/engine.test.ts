import { describe, expect, it } from 'vitest';
import { another, captured } from '../testdata/fake-engine.ts';
import { engineWith, open, web } from '../testdata/scraping.ts';

describe('an engine of another age', () => {
  const aged = (newest: string, oldest?: string) => {
    const { MinAPIVersion: _, ...version } = captured('docker-20.10-cgroup-v1', 'version');
    return { ...version, ApiVersion: newest, ...(oldest !== undefined && { MinAPIVersion: oldest }) };
  };

  it.each([
    { name: 'old', version: aged('1.24'), stats: /stats\?stream=false$/ },
    { name: 'new, which takes nothing below 1.44', version: aged('1.52', '1.44'), stats: /one-shot=true$/ },
    { name: 'of the future', version: aged('1.99', '1.44'), stats: /one-shot=true$/ },
  ])('is understood: $name', async ({ version, stats }) => {
    const engine = await engineWith([web], { version });
    const { text, errors } = await (await open(engine, { stats_source: 'api' })).scrape();
    expect(errors).toEqual([]);
    expect(text).toContain('container.cpu.usage.total');
    expect(engine.asked.filter((path) => path.includes('/stats'))).toEqual([expect.stringMatching(stats)]);
  });

  it('that does not speak the pinned version says so', async () => {
    const engine = await engineWith([web]);
    const { errors } = await (await open(engine, { api_version: '1.44' })).scrape();
    expect(errors).toEqual(['api_version is 1.44, and the engine speaks 1.41 at most.']);
  });
});

describe('many containers that come and go', () => {
  it('leave nothing behind', async () => {
    const engine = await engineWith([]);
    const { scrape } = await open(engine, { stats_source: 'api' });
    await scrape();
    const [begun, ended] = [new Set<string>(), new Set<string>()];
    async function look(): Promise<void> {
      const points = (await scrape()).text.matchAll(/^container.cpu.usage.total\{(.*?)\|.* (ended|\d+) ns$/gm);
      for (const [, container, value] of points) (value === 'ended' ? ended : begun).add(container!);
    }
    for (let wave = 1; wave <= 5; wave++) {
      const ids = Array.from({ length: 100 }, (_, index) => String(wave * 100 + index).padStart(64, 'a'));
      for (const one of ids) {
        engine.containers.set(one, another(web, one, `c${Number(one.replaceAll('a', ''))}`));
        engine.emit('start', one);
      }
      await expect.poll(async () => look().then(() => begun.size)).toBe(wave * 100);
      for (const one of ids) {
        engine.containers.delete(one);
        engine.emit('destroy', one);
      }
    }
    await expect.poll(async () => look().then(() => ended.size)).toBe(500);
    expect(engine.asked.filter((path) => path.endsWith('/json'))).toHaveLength(500);
    expect((await scrape()).text.trim()).toBe('');
  });
});

describe('an engine that is not there', () => {
  it('is waited for', async () => {
    const engine = await engineWith([web]);
    await engine.stop();
    const { scrape, context } = await open(engine, { stats_source: 'api' });
    const { text, errors } = await scrape();
    expect(text.trim()).toBe('');
    expect(errors).toEqual([expect.stringMatching(/There is no engine at unix:/)]);
    await engine.start();
    await expect.poll(async () => (await scrape()).text).toContain('container.cpu.usage.total');
    expect(context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('that hangs when it is asked does not hold the scrape', async () => {
    const engine = await engineWith([web]);
    engine.override('/', () => {});
    const { scrape } = await open(engine);
    expect((await scrape()).errors).toEqual([expect.stringMatching(/did not answer GET \/version within 500 ms/)]);
  });
});
