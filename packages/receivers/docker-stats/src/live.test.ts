import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createScraper, logsBatch, metricsBatch, resolveConfig, systemClock } from '@millrace/core';
import { render, testContext } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import dockerStats from './index.ts';

const endpoint = process.env['MILLRACE_TEST_DOCKER'];
const busybox = '/bin/busybox';
const usable = endpoint?.startsWith('unix://') === true && existsSync(busybox);
if (!usable)
  process.stderr.write(
    'docker_stats: SKIPPED the tests with a real engine; they need MILLRACE_TEST_DOCKER=unix:///… and /bin/busybox (busybox-static).\n',
  );

const prefix = `millrace-docker-stats-${process.pid}`;
const image = `${prefix}:test`;

async function ask(method: string, path: string, body?: Buffer | object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const json = body !== undefined && !Buffer.isBuffer(body);
    const sent = request(
      {
        socketPath: endpoint!.slice('unix://'.length),
        method,
        path,
        headers: { host: 'docker', ...(json && { 'content-type': 'application/json' }) },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(json ? JSON.stringify(body) : body);
  });
}

async function run(name: string, command: string, host: object = {}): Promise<string> {
  const made = await ask('POST', `/containers/create?name=${prefix}-${name}`, {
    Image: image,
    Cmd: ['/bin/sh', '-c', command],
    HostConfig: { NetworkMode: 'none', ...host },
  });
  expect(made.status, made.text).toBe(201);
  const { Id: id } = JSON.parse(made.text) as { Id: string };
  const started = await ask('POST', `/containers/${id}/start`);
  expect(started.status, started.text).toBe(204);
  return id;
}

async function open(input: object) {
  const config = resolveConfig(dockerStats.config, {
    endpoint: endpoint!,
    include: { names: [`${prefix}-*`] },
    ...input,
  });
  const enabled = {
    'container.status': { enabled: true },
    'container.cpu.throttling_data.throttled_periods': { enabled: true },
  };
  const scraper = createScraper(dockerStats, config, testContext({ clock: systemClock }), enabled);
  await scraper.start?.();
  const events: string[] = [];
  return {
    /** The log records of all scrapes. */
    events,
    async scrape() {
      const { resourceMetrics, resourceLogs, errors } = await scraper.collect({ timeoutMs: 10_000 });
      expect(errors).toEqual([]);
      events.push(...render(logsBatch(resourceLogs)).split('\n'));
      return render(metricsBatch(resourceMetrics));
    },
    stop: () => scraper.shutdown?.(AbortSignal.timeout(5000)),
  };
}

const valueOf = (text: string, name: string, metric: string): number =>
  Number(
    new RegExp(`^${metric}\\{[^|]*container.name="${prefix}-${name}"[^|]*\\|[^}]*\\} (\\S+)`, 'm').exec(text)?.[1],
  );

describe.skipIf(!usable)('a real engine', () => {
  const containers: string[] = [];

  beforeAll(async () => {
    const root = mkdtempSync(join(tmpdir(), 'millrace-image-'));
    for (const folder of ['bin', 'tmp', 'dev', 'proc']) mkdirSync(join(root, folder));
    copyFileSync(busybox, join(root, 'bin/busybox'));
    for (const tool of ['sh', 'sleep', 'dd', 'head', 'true']) symlinkSync('busybox', join(root, 'bin', tool));
    const { stdout } = spawnSync('tar', ['-C', root, '-c', '.'], { maxBuffer: 64 * 1024 * 1024 });
    rmSync(root, { recursive: true });
    const made = await ask('POST', `/images/create?fromSrc=-&repo=${prefix}&tag=test`, stdout);
    expect(made.status, made.text).toBe(200);
  });

  afterAll(async () => {
    for (const id of containers) await ask('DELETE', `/containers/${id}?force=true`);
    await ask('DELETE', `/images/${image}?force=true`);
  });

  it('gives the same numbers from cgroups and from its API, and they are what was done', async () => {
    containers.push(await run('busy', 'while true; do true; done', { NanoCpus: 300_000_000, Memory: 64 << 20 }));
    containers.push(await run('hold', 'head -c 30000000 /dev/zero > /dev/shm/x; sleep 1000', { ShmSize: 64 << 20 }));
    const ways = await Promise.all(['cgroup', 'api'].map((stats_source) => open({ stats_source })));
    try {
      for (const way of ways) await way.scrape();
      await sleep(3000);
      const [cgroup, api] = await Promise.all(ways.map((way) => way.scrape()));
      for (const text of [cgroup!, api!]) {
        expect(valueOf(text, 'busy', 'container.cpu.utilization')).toBeGreaterThan(20);
        expect(valueOf(text, 'busy', 'container.cpu.utilization')).toBeLessThan(36);
        expect(valueOf(text, 'busy', 'container.memory.usage.limit')).toBe(64 << 20);
        expect(valueOf(text, 'busy', 'container.cpu.throttling_data.throttled_periods')).toBeGreaterThan(5);
        expect(valueOf(text, 'hold', 'container.memory.usage.total')).toBeGreaterThan(29_000_000);
        expect(valueOf(text, 'hold', 'container.memory.usage.total')).toBeLessThan(40_000_000);
      }
      const total = (text: string): number => valueOf(text, 'busy', 'container.cpu.usage.total');
      expect(Math.abs(total(cgroup!) - total(api!))).toBeLessThan(1e9);
    } finally {
      for (const way of ways) await way.stop();
    }
  });

  it('tells what happens: killed for want of memory, paused, renamed, removed', async () => {
    const { scrape, events, stop } = await open({ include: { names: [`${prefix}-e*`], states: ['*'] } });
    try {
      await scrape();
      const id = await run('e1', 'sleep 1000');
      containers.push(id);
      const state = async (want: string) =>
        vi.waitFor(async () => expect(await scrape()).toMatch(new RegExp(want)), { timeout: 5000, interval: 100 });
      await state(`container.status.*${prefix}-e1.*status="running"} 1`);
      await ask('POST', `/containers/${id}/pause`);
      await state(`container.status.*${prefix}-e1.*status="paused"} 1`);
      await ask('POST', `/containers/${id}/unpause`);
      await ask('POST', `/containers/${id}/rename?name=${prefix}-e2`);
      await state(`container.cpu.usage.total.*${prefix}-e2.* \\d+ ns`);
      const hungry = await run('e3', 'head -c 60000000 /dev/zero > /dev/shm/x; sleep 1', {
        Memory: 16 << 20,
        MemorySwap: 16 << 20,
        ShmSize: 128 << 20,
      });
      containers.push(hungry);
      const logged = async (want: RegExp) =>
        vi.waitFor(async () => (await scrape(), expect(events.join('\n')).toMatch(want)), {
          timeout: 10_000,
          interval: 100,
        });
      await logged(/ERROR ".*-e3 ran out of memory\."/);
      await ask('DELETE', `/containers/${id}?force=true`);
      await state(`container.cpu.usage.total.*${prefix}-e2.* ended ns`);
      await logged(/WARN ".*-e2 ended with exit code 137\.".*container.exit_code=137,container.exit_reason="signal"/);
      for (const what of [
        'e1 was created',
        'e1 was started',
        'e1 was paused',
        'e1 goes on',
        'e2 was renamed',
        'e2 was removed',
      ])
        await logged(new RegExp(`INFO ".*-${what}\\."`));
    } finally {
      await stop();
    }
  });
});
