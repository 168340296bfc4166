// The engine is killed and comes back: docker_stats waits for it, and the other receivers of the collector go on.
import { afterEach, describe, expect, it } from 'vitest';
import { runContainer } from './containers.ts';
import { tryDocker } from './engine.ts';
import { enabled, type Reading, startScraping } from './pipeline.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
}, 60_000);

const cpu = 'container.cpu.usage.total';
const sources = ['docker_stats/cgroup', 'docker_stats/one_shot', 'docker_stats/stream'] as const;

describe.each([
  { liveRestore: true, how: 'and its containers go on' },
  { liveRestore: false, how: 'and its containers end' },
])('an engine that is killed, $how', ({ liveRestore }) => {
  it.skipIf(process.env.MILLRACE_TEST_DOCKER !== undefined)(
    'is waited for, while the rest goes on',
    async ({ skip }) => {
      const engine = await tryDocker({ liveRestore });
      if (!engine) return skip();
      stops.push(() => engine.stop());
      const container = await runContainer(engine, { name: 'works', steps: 'user 100 wait user 100 wait' });
      await container.report();
      const endpoint = `endpoint: '${engine.endpoint}', ${enabled(['container.status'])}`;
      const scraping = await startScraping({
        'docker_stats/cgroup': `${endpoint}, stats_source: cgroup`,
        'docker_stats/one_shot': `${endpoint}, stats_source: api`,
        'docker_stats/stream': `${endpoint}, stats_source: api, api_stats: stream`,
        cgroup: '',
      });
      stops.push(() => scraping.stop());
      const has = (all: Readonly<Record<string, Reading>>, source: string): boolean =>
        all[source]!.value('works', cpu) > 90e6;
      const before = await scraping.until((all) => sources.every((one) => has(all, one)));
      const startOf = (reading: Reading): number => reading.points('works', cpu).at(-1)!.startTimeMs;

      await engine.kill();
      for (let scrapes = 0; scrapes < 3; scrapes++) {
        const began = performance.now();
        const without = await scraping.scrape();
        expect(performance.now() - began, 'a scrape that waits for nobody').toBeLessThan(7000);
        expect(without.cgroup!.value(container.id, 'container.cpu.time')).toBeGreaterThan(0.09);
        expect(has(without, 'docker_stats/one_shot')).toBe(false);
      }
      for (const source of sources) {
        const said = scraping.lines.filter((line) => line.includes(`"${source}"`));
        // That nothing is heard of it, and why nothing can be asked, which may change once; not at every scrape.
        expect(said.length, said.join('\n')).toBeGreaterThan(0);
        expect(said.length, said.join('\n')).toBeLessThanOrEqual(3);
      }

      await engine.restart();
      if (!liveRestore) {
        expect((await container.inspect()).State.Status).toBe('exited');
        await container.restart();
        await container.report();
      }
      const back = await scraping.until((all) => sources.every((one) => has(all, one)));
      for (const source of sources) {
        if (liveRestore) {
          expect(back[source]!.value('works', cpu), source).toBeGreaterThanOrEqual(before[source]!.value('works', cpu));
          expect(startOf(back[source]!), source).toBe(startOf(before[source]!));
        } else expect(startOf(back[source]!), source).toBeGreaterThan(startOf(before[source]!));
      }
      // Events of after the restart are heard, too.
      await container.remove();
      await scraping.until((all) => sources.every((one) => all[one]!.points('works').every(({ ended }) => ended)));
    },
    60_000,
  );
});
