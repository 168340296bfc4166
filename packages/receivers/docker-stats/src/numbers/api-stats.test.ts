import { describe, expect, it } from 'vitest';
import { another } from '../../testdata/fake-engine.ts';
import { engineWith, open, web } from '../../testdata/scraping.ts';

describe.each(['one_shot', 'stream'])('the statistics of the API, %s', (apiStats) => {
  const many = Array.from({ length: 30 }, (_, index) => another(web, String(index).padStart(64, 'd'), `c${index}`));

  it('are asked for of all containers at once', async () => {
    const engine = await engineWith(many, { statsDelayMs: 100 });
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
    const began = performance.now();
    const { text, errors } = await scrape();
    expect(errors).toEqual([]);
    expect(text.match(/^container.cpu.usage.total/gm)).toHaveLength(30);
    expect(performance.now() - began).toBeLessThan(1500);
    expect(engine.statsAtOnce).toBe(30);
  });

  it.each([
    { name: 'hangs', answer: () => {}, says: /did not answer GET .*stats.* within 500 ms/ },
    {
      name: 'is garbage',
      answer: (_: unknown, response: { end(text: string): void }) => response.end('<html>oops</html>\n'),
      says: /no JSON: <html>oops/,
    },
    {
      name: 'is refused',
      answer: (_: unknown, response: { writeHead(status: number): void; end(text: string): void }) => {
        response.writeHead(500);
        response.end('{"message":"cannot read cgroup"}');
      },
      says: /with 500: cannot read cgroup/,
    },
  ])('of one container that $name do not keep the others', async ({ answer, says }) => {
    const engine = await engineWith(many.slice(0, 3));
    engine.override(`/containers/${String(many[1]!.inspect['Id'])}/stats`, answer as never);
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
    const { text, errors } = await scrape();
    expect(text.match(/^container.cpu.usage.total.*/gm)!.join('\n')).toMatch(/c0"[^]*c2"/);
    expect(text).not.toContain('c1"');
    expect(errors).toEqual([expect.stringMatching(says)]);
  });

  it('of a container that is just gone are no error', async () => {
    const engine = await engineWith(many.slice(0, 2));
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats });
    engine.override(`/containers/${String(many[1]!.inspect['Id'])}/stats`, (_request, response) => {
      response.writeHead(404);
      response.end('{"message":"No such container"}');
    });
    const { text, errors } = await scrape();
    expect(errors).toEqual([]);
    expect(text).toContain('c0"');
  });

  it('that do not come in time cost those alone', async () => {
    const engine = await engineWith(many.slice(0, 3));
    const { scrape } = await open(engine, { stats_source: 'api', api_stats: apiStats, request_timeout: '10s' });
    engine.override(`/containers/${String(many[1]!.inspect['Id'])}/stats`, () => {});
    const { text, errors } = await scrape({ timeoutMs: 600 });
    expect(text).toMatch(/c0"[^]*c2"/);
    expect(errors).toEqual([expect.stringMatching(/did not end within its timeout of 600ms/)]);
  });
});
