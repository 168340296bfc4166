import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Consumer } from '@millrace/core';
import { type InputOf, isEnded, resolveConfig } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { config as schema } from './config/schema.ts';
import prometheus from './index.ts';
import { metricsIn } from './testdata/scraping.ts';
import { textType } from './testdata/target-server.ts';

const count = 1_000;
const page = Array.from({ length: 50 }, (_, index) => `requests_total{code="${index}"} ${index}\n`).join('');

/** How many of the targets hang, on a port of their own. */
const hanging = 100;

it('a thousand targets are scraped each once in an interval, and a hundred of them that hang cost only themselves', async () => {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': textType }).end(page));
  const silent = createServer(() => {});
  for (const one of [server, silent]) one.listen(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(silent, 'listening')]);
  const port = (of: typeof server): number => (of.address() as AddressInfo).port;
  try {
    expect(await run(count - hanging, port(server), port(silent))).toEqual([2 * (count - hanging), 2 * hanging]);
  } finally {
    for (const one of [server, silent]) {
      one.closeAllConnections();
      one.close();
    }
  }
}, 60_000);

/** Two intervals of it: how many scrapes went well, and how many did not. */
async function run(well: number, port: number, silent: number): Promise<[number, number]> {
  const group = (amount: number, at: number, kind: string) =>
    Array.from({ length: amount }, (_, index) => ({
      targets: [`127.0.0.1:${at}`],
      labels: { instance: `${kind}-${index}` },
    }));
  const input = {
    config: {
      scrape_configs: [
        {
          job_name: 'many',
          scrape_timeout: '3s',
          static_configs: [...group(well, port, 'good'), ...group(hanging, silent, 'bad')],
        },
      ],
    },
  } as InputOf<typeof schema>;
  const clock = manualClock();
  const scrapes = { up: 0, down: 0, points: 0 };
  const next: Consumer = {
    consume: async (batch) => {
      for (const { descriptor, dataPoints } of metricsIn(batch)) {
        scrapes.points += dataPoints.length;
        if (descriptor.name !== 'up') continue;
        expect(dataPoints.some(isEnded)).toBe(false);
        if (dataPoints[0]!.value === 1) scrapes.up++;
        else scrapes.down++;
      }
    },
  };
  const component = prometheus.create(resolveConfig(schema, input), testContext({ clock }), next);
  await component.start?.();
  try {
    for (let interval = 1; interval <= 2; interval++) {
      for (let second = 0; second < 60; second++) await clock.advance(1_000);
      await expect.poll(() => scrapes.up + scrapes.down, { timeout: 20_000 }).toBe(interval * (well + hanging));
    }
    expect(scrapes.points).toBe(2 * (well * 55 + hanging * 5));
    return [scrapes.up, scrapes.down];
  } finally {
    await component.shutdown?.(AbortSignal.timeout(5_000));
  }
}
