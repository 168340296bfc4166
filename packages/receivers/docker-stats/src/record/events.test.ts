import { describe, expect, it } from 'vitest';
import { engineWith, id, open, web } from '../../testdata/scraping.ts';

describe('events', () => {
  it('are log records of the resource of their container', async () => {
    const engine = await engineWith([web]);
    const { scraper } = await open(engine, { stats_source: 'api', excluded_images: ['other/*'] });
    const first = await scraper.collect({ timeoutMs: 5000 });
    engine.emit('oom', id, { time: 1_795_260_785_137 });
    engine.emit('die', id, { attributes: { exitCode: '137' } });
    engine.emit('die', 'b'.repeat(64), { attributes: { exitCode: '1', image: 'other/thing', name: 'other' } });
    engine.emit('die', 'c'.repeat(64), { attributes: { exitCode: '1', name: 'brief', team: 'core' } });
    await expect.poll(() => engine.asked.some((path) => path.startsWith(`/containers/${'c'.repeat(64)}`))).toBe(true);
    const { resourceLogs } = await scraper.collect({ timeoutMs: 5000 });
    const records = resourceLogs.flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) =>
        logRecords.map(({ body, eventName, attributes }) => ({ of: resource.attributes, body, eventName, attributes })),
      ),
    );
    const { attributes: of } = first.resourceMetrics[0]!.resource;
    const killed = { 'container.exit_code': 137, 'container.exit_reason': 'oom_killed' };
    expect(records).toEqual([
      { of, body: 'web ran out of memory.', eventName: 'container.oom', attributes: {} },
      { of, body: 'web ended with exit code 137.', eventName: 'container.die', attributes: killed },
      {
        of: {
          'container.id': 'c'.repeat(64),
          'container.name': 'brief',
          'container.image.name': 'shop/web:1.4',
          'container.runtime': 'docker',
        },
        body: 'brief ended with exit code 1.',
        eventName: 'container.die',
        attributes: { 'container.exit_code': 1, 'container.exit_reason': 'error' },
      },
    ]);
    expect((await scraper.collect({ timeoutMs: 5000 })).resourceLogs).toEqual([]);
  });
});
