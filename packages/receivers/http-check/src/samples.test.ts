import { afterEach, describe, expect, it } from 'vitest';
import { checking } from '../testdata/checking.ts';
import { createServers } from '../testdata/servers.ts';

const servers = createServers();
afterEach(() => servers.closeAll());

describe('samples', () => {
  it('percentiles are samples, by nearest rank', async () => {
    let requests = 0;
    let most = 0;
    let now = 0;
    const connections = new Set<number | undefined>();
    const endpoint = await servers.http((request, response) => {
      connections.add(request.socket.remotePort);
      requests++;
      most = Math.max(most, ++now);
      setTimeout(
        () => {
          now--;
          response.end();
        },
        requests === 20 ? 300 : 5,
      );
    });
    const seen = await checking([{ endpoint, samples: 50, concurrency: 5 }]).scrape();
    expect(requests).toBe(50);
    expect(most).toBe(5);
    // One for the first request, and five that the others share.
    expect(connections.size).toBe(6);
    expect(seen.values('httpcheck.sample.count')).toEqual({ ok: 50, failed: 0 });
    const {
      '0.5': half,
      '0.9': most90,
      '0.99': p99,
      1: slowest,
    } = seen.values('httpcheck.sample.duration') as Record<string, number>;
    expect(half).toBeLessThanOrEqual(most90!);
    expect(most90).toBeLessThan(290);
    expect(p99).toBe(slowest);
    expect(slowest).toBeGreaterThan(290);
  });

  it('those that fail are counted and have no part in it', async () => {
    let requests = 0;
    const endpoint = await servers.http((_, response) => {
      requests++;
      if (requests % 4 === 0) response.socket!.destroy();
      else if (requests % 4 === 2) response.writeHead(500).end();
      else response.end();
    });
    const seen = await checking([{ endpoint, samples: 20, concurrency: 4, disable_keep_alives: true }]).scrape();
    expect(seen.values('httpcheck.sample.count')).toEqual({ ok: 10, failed: 10 });
  });

  it('what is not done at the timeout has failed', async () => {
    let requests = 0;
    const endpoint = await servers.http((_, response) => void (requests++ < 3 && response.end()));
    const seen = await checking([{ endpoint, samples: 1000, concurrency: 2, timeout: '1s' }]).scrape();
    expect(seen.values('httpcheck.sample.count')).toEqual({ ok: 3, failed: 2 });
    expect(seen.values('httpcheck.up')).toEqual({ '': 1 });
  });

  it('a server that closes idle connections loses none', async () => {
    const served = new WeakMap<object, number>();
    const endpoint = await servers.http((request, response) => {
      const { socket } = request;
      const times = (served.get(socket) ?? 0) + 1;
      served.set(socket, times);
      // As a server does whose time-out strikes when the next request is on its way.
      if (times > 2) socket.destroy();
      else response.end();
    });
    const kept = await checking([{ endpoint, samples: 40, concurrency: 4 }]).scrape();
    expect(kept.values('httpcheck.sample.count')).toEqual({ ok: 40, failed: 0 });
    // What may have had an effect is not sent twice.
    const posted = await checking([{ endpoint, method: 'POST', body: 'x', samples: 40, concurrency: 4 }]).scrape();
    expect(posted.values('httpcheck.sample.count')['failed']).toBeGreaterThan(5);
  });

  it('many targets and many samples are no leak to Node', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const endpoint = await servers.http((_, response) => void response.end());
    const targets = Array.from({ length: 30 }, (_, index) => ({ name: String(index), endpoint }));
    await checking([...targets, { endpoint, samples: 60, concurrency: 60 }]).scrape();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('of an endpoint that is down there are none', async () => {
    const { values } = await checking([{ endpoint: 'http://127.0.0.1:1/', samples: 50 }]).scrape();
    expect([values('httpcheck.up'), values('httpcheck.sample.count')]).toEqual([{ '': 0 }, {}]);
  });
});
