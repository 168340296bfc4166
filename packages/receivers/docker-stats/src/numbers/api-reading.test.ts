import { describe, expect, it } from 'vitest';
import { captured } from '../../testdata/fake-engine.ts';
import { parseStats } from './api-reading.ts';
import { readFileSync } from 'node:fs';

const text = (folder: string): string =>
  readFileSync(new URL(`../../testdata/${folder}/stats.json`, import.meta.url), 'utf8');

describe('a sample of the API', () => {
  it('keeps integers beyond 2^53 exact', () => {
    const exact = text('docker-28-cgroup-v2').replace('9007199254740994', '9007199254740993');
    const { cpu, blkio } = parseStats(exact, 'docker')!;
    expect(cpu).toMatchObject({ total: 9107199254740993000n, kernel: 3107199254740993, user: 6000000000000000000n });
    expect(blkio.io_service_bytes_recursive?.[1]?.value).toBe(9007199254740993n);
  });

  it('has no limit where the engine says 2^64-1', () =>
    expect(parseStats(text('docker-28-cgroup-v2'), 'docker')!.pids).toEqual({ current: 7, limit: undefined }));

  it('of Podman does not tell what Podman does not read', () => {
    const { cpu, memory } = parseStats(text('podman-4.3-cgroup-v1'), 'podman')!;
    expect(cpu).toMatchObject({ periods: undefined, throttledTime: undefined, system: undefined });
    expect(memory).toMatchObject({ usage: expect.any(Number), workingSet: undefined, failures: undefined });
  });

  it('of version 1 counts no failure where the engine leaves it out', () =>
    expect(parseStats(text('docker-20.10-cgroup-v1'), 'docker')!.memory.failures).toBe(0));

  it.each([
    { name: 'nothing, as Podman sends', said: '' },
    {
      name: 'one without a time',
      said: JSON.stringify({ ...captured('docker-20.10-cgroup-v1', 'stats'), read: '0001-01-01T00:00:00Z' }),
    },
    { name: 'one without numbers', said: '{"read":"2026-11-21T11:55:16Z","cpu_stats":{}}' },
  ])('$name is of a container that does not run', ({ said }) => expect(parseStats(said, 'docker')).toBeUndefined());

  it.each(['<html>no</html>', '[]', '{"read":'])('%s is refused', (said) =>
    expect(() => parseStats(said, 'docker')).toThrow(/stats/),
  );
});
