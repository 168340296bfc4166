import { describe, expect, it } from 'vitest';
import { captured } from '../../testdata/fake-engine.ts';
import { countCpus, parseContainer } from './container.ts';

const docker = captured('docker-20.10-cgroup-v1', 'inspect');
const with_ = (changes: Record<string, object>) =>
  parseContainer({
    ...docker,
    ...Object.fromEntries(
      Object.entries(changes).map(([key, value]) => [key, { ...(docker[key] as object), ...value }]),
    ),
  });

describe('inspecting a container', () => {
  it('of Docker', () => {
    expect(parseContainer(docker)).toEqual({
      id: 'aaaaaaaaaaaa0123456789abcdef0123456789abcdef0123456789abcdef0a1b',
      name: 'web',
      image: 'shop/web:1.4',
      imageId: expect.stringMatching(/^sha256:/),
      hostname: 'aaaaaaaaaaaa',
      command: ['/bin/sh', '-c', expect.stringMatching(/^while true/)],
      labels: { team: 'core' },
      env: new Map([['GREETING', 'hello']]),
      state: 'running',
      pid: 4242,
      startedAt: Date.UTC(2026, 10, 21, 11, 32, 0, 884),
      finishedAt: undefined,
      exitCode: undefined,
      oomKilled: false,
      error: undefined,
      health: undefined,
      restarts: 0,
      cpuLimit: 0.5,
      cpuShares: undefined,
      memoryLimit: 128 * 1024 * 1024,
      hostNetwork: false,
    });
  });

  it('of Podman, whose health is an empty word', () => {
    const { name, image, health, pid, env } = parseContainer(captured('podman-4.3-cgroup-v1', 'inspect'));
    expect({ name, image, health, pid }).toEqual({
      name: 'worker',
      image: 'localhost/shop/web:1.4',
      health: undefined,
      pid: 4242,
    });
    expect(env.get('GREETING')).toBe('hello');
  });

  it('that has ended tells its exit code, and no pid', () => {
    const ended = {
      Status: 'exited',
      Running: false,
      Pid: 0,
      ExitCode: 137,
      OOMKilled: true,
      FinishedAt: '2026-11-21T12:00:00Z',
    };
    expect(with_({ State: ended })).toMatchObject({
      state: 'exited',
      pid: undefined,
      exitCode: 137,
      oomKilled: true,
      finishedAt: Date.UTC(2026, 10, 21, 12),
    });
  });

  it('that runs again does not tell the exit code of its last run', () =>
    expect(with_({ State: { FinishedAt: '2026-11-21T12:00:00Z', ExitCode: 0 } }).exitCode).toBeUndefined());

  it.each([
    { host: { NanoCpus: 1_500_000_000, CpusetCpus: '0', CpuQuota: 1 }, want: 1.5 },
    { host: { NanoCpus: 0, CpusetCpus: '0-2,7', CpuQuota: 1 }, want: 4 },
    { host: { NanoCpus: 0, CpuQuota: 25_000 }, want: 0.25 },
    { host: { NanoCpus: 0, CpuQuota: 25_000, CpuPeriod: 50_000 }, want: 0.5 },
    { host: { NanoCpus: 0, CpuQuota: -1 }, want: undefined },
  ])('limits CPUs: $host', ({ host, want }) => expect(with_({ HostConfig: host }).cpuLimit).toBe(want));

  it('counts a set of CPUs that is none as unknown', () => expect(countCpus('a-b')).toBeUndefined());

  it.each([null, [], 'x', {}, { Id: 'x' }, { Id: 'x', State: null }])('%j is refused', (answer) =>
    expect(() => parseContainer(answer)).toThrow(/engine/),
  );
});
