import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MetricsBatch } from '@millrace/core';
import { RefusedError, ThrottleError } from '@millrace/core';
import { createAuthority, freePort, seeded } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { startReceiver, stopAll } from '../../../packages/receivers/mini-collector/testdata/receiver.ts';
import type { Outcome, RunningAgent } from './index.ts';
import { agent, isBuilt, oldAgent, startAgent } from './index.ts';

const container = '3f4e9c1d8a7b6c5d4e3f2a1b0c9d8e7f';
const host = '3f4e9c1d8a7b';

const started = new Set<RunningAgent>();
afterEach(async () => {
  for (const one of started) one.kill();
  started.clear();
  await stopAll();
});

const point = (unixTime: number) => ({ unix_time: unixTime, running: true, disk_usage_mb: -1, disk_limit_mb: -1 });

const timeOf = ({ resourceMetrics: [one] }: MetricsBatch): number =>
  one!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.endTime[0];

const timesOf = (outcomes: readonly Outcome[], wanted: Outcome['outcome']): number[] =>
  outcomes.filter(({ outcome }) => outcome === wanted).map(({ unix_time: time }) => time);

describe.each([agent, oldAgent])('$name', (binary) => {
  describe.skipIf(!isBuilt(binary))('real', () => {
    function start(port: number, variables: Readonly<Record<string, string>> = {}): RunningAgent {
      const one = startAgent(binary, {
        MINI_COLLECTOR_REMOTE_ADDRESS: `127.0.0.1:${port}`,
        MINI_COLLECTOR_CONTAINER_ID: container,
        MINI_COLLECTOR_ENVIRONMENT_NAME: 'production',
        MINI_COLLECTOR_SERVICE_NAME: 'web',
        ...variables,
      });
      started.add(one);
      return one;
    }

    test.each(['host', 'host_name'])('its tags, %s among them, and its numbers', async (key) => {
      const { port, batches } = await startReceiver();
      const one = start(port, {
        AGENT_HOST_KEY: key,
        MINI_COLLECTOR_APP_NAME: 'shop',
        MINI_COLLECTOR_DATABASE_NAME: 'pg',
      });
      one.send({
        unix_time: 1_784_500_000,
        running: true,
        milli_cpu_usage: 502,
        memory_total_mb: 2n ** 63n - 1n,
        memory_rss_mb: 2n ** 53n + 1n,
        memory_limit_mb: 8_796_093_022_207n,
        disk_usage_mb: 1200,
        disk_limit_mb: -1,
        pids_limit: 100,
        milli_cpu_limit: 1500,
      });
      await one.end();
      expect(one.outcomes).toEqual([{ outcome: 'published', unix_time: 1_784_500_000 }]);
      const [{ resource, scopeMetrics }] = batches[0]!.resourceMetrics as [MetricsBatch['resourceMetrics'][0]];
      expect(resource.attributes).toEqual({
        environment: 'production',
        service: 'web',
        container,
        host,
        app: 'shop',
        database: 'pg',
      });
      const values = scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints: [at] }) => [descriptor.name, at!.value]);
      expect(Object.fromEntries(values)).toEqual({
        running: 1,
        milli_cpu_usage: 502,
        memory_total_mb: 2n ** 63n - 1n,
        memory_rss_mb: 2n ** 53n + 1n,
        disk_usage_mb: 1200,
        disk_read_kbps: 0,
        disk_write_kbps: 0,
        disk_read_iops: 0,
        disk_write_iops: 0,
        pids_current: 0,
        pids_limit: 100,
        milli_cpu_limit: 1500,
      });
      expect(timeOf(batches[0]!)).toBe(1_784_500_000);
    });

    test('waits for a receiver that is not there yet, and for one that comes again', { timeout: 40_000 }, async () => {
      const port = await freePort();
      const one = start(port);
      one.send(point(1));
      await sleep(200);
      const config = { endpoint: `127.0.0.1:${port}` };
      const first = await startReceiver({ config });
      await expect.poll(() => timesOf(one.outcomes, 'published'), { timeout: 15_000 }).toEqual([1]);
      await first.stop();
      one.send(point(2));
      await sleep(200);
      const second = await startReceiver({ config });
      await one.end();
      expect([first, second].map(({ batches }) => batches.map(timeOf))).toEqual([[1], [2]]);
    });

    test('mutual TLS', { timeout: 40_000 }, async () => {
      const [authority, other] = [createAuthority(), createAuthority()];
      try {
        const server = authority.issue('aggregator');
        const tls = { cert_file: server.certFile, key_file: server.keyFile, client_ca_file: authority.caFile };
        const { port, batches } = await startReceiver({ config: { tls } });
        const identity = (of: typeof authority, name: string) => {
          const { certFile, keyFile } = of.issue(name);
          return {
            MINI_COLLECTOR_TLS: '',
            MINI_COLLECTOR_TLS_CERTIFICATE: readFileSync(certFile, 'utf8'),
            MINI_COLLECTOR_TLS_KEY: readFileSync(keyFile, 'utf8'),
            MINI_COLLECTOR_TLS_CA_CERTIFICATE: readFileSync(authority.caFile, 'utf8'),
          };
        };
        const ours = start(port, identity(authority, 'agent'));
        ours.send(point(1));
        await ours.end();
        expect(timesOf(ours.outcomes, 'published')).toEqual([1]);
        const stranger = start(port, { ...identity(other, 'stranger'), AGENT_DEADLINE: '500ms' });
        const plain = start(port, { AGENT_DEADLINE: '500ms' });
        for (const one of [stranger, plain]) {
          one.send(point(2));
          await expect.poll(() => one.outcomes.map(({ outcome }) => outcome), { timeout: 10_000 }).toContain('failed');
        }
        expect(batches.map(timeOf)).toEqual([1]);
      } finally {
        authority.remove();
        other.remove();
      }
    });

    test('loses nothing that it believes published, whatever the next owner does', { timeout: 60_000 }, async () => {
      const random = seeded(99);
      const never = new Promise<void>(() => {});
      const moods = [
        async () => {},
        async () => {},
        async () => Promise.reject(new Error('down')),
        async () => Promise.reject(new RefusedError('full')),
        async () => Promise.reject(new ThrottleError('slower', 10)),
        () => never,
      ];
      const { port, batches } = await startReceiver({ next: () => random.pick(moods)() });
      const one = start(port, { AGENT_DEADLINE: '80ms' });
      const published = () => timesOf(one.outcomes, 'published');
      const all = Array.from({ length: 40 }, (_, index) => index + 1);
      // Never more than its queue holds: it would drop them itself.
      for (const time of all) {
        await expect.poll(() => time - published().length, { timeout: 10_000, interval: 5 }).toBeLessThan(10);
        one.send(point(time));
      }
      await one.end();
      expect(timesOf(one.outcomes, 'dropped')).toEqual([]);
      expect(published().sort((a, b) => a - b)).toEqual(all);
      const taken = new Set(batches.map(timeOf));
      expect(all.filter((time) => !taken.has(time))).toEqual([]);
      const codes = new Set(one.outcomes.flatMap(({ code }) => code ?? []));
      expect([...codes].sort()).toEqual(['DeadlineExceeded', 'ResourceExhausted', 'Unavailable']);
    });

    test('is told what its metadata lacks', async () => {
      const { port } = await startReceiver();
      const one = start(port, { AGENT_HOST_KEY: 'hostname', AGENT_DEADLINE: '100ms' });
      one.send(point(1));
      await expect
        .poll(() => one.outcomes[0])
        .toEqual({
          outcome: 'failed',
          unix_time: 1,
          code: 'InvalidArgument',
          message: 'The metadata lacks host (or host_name).',
        });
    });
  });
});
