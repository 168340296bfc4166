import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InputOf, resolveConfig } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Config, config as schema } from './config/schema.ts';
import { jobsOf } from './job.ts';
import { discoveredLabels, type Target, targetOf } from './target.ts';
import { program } from './testdata/programs.ts';

/** The targets of a job, and what is wrong with those that are none. */
function targetsOf(job: object): (Target | undefined | string)[] {
  const input = { config: { scrape_configs: [{ job_name: 'shop', ...job }] } } as InputOf<typeof schema>;
  const [made] = jobsOf(resolveConfig(schema, input) as Config);
  return made!.config.static_configs
    .flatMap((group) => discoveredLabels(made!, group))
    .map((labels) => {
      try {
        return targetOf(made!, labels);
      } catch (error) {
        return (error as Error).message;
      }
    });
}

const only = (job: object): Target => {
  const [target] = targetsOf(job);
  if (typeof target !== 'object') throw new Error(target ?? 'dropped');
  return target;
};

it.each([
  ['a port', 'a:9100', {}, 'http://a:9100/metrics'],
  ['no port', 'a', {}, 'http://a/metrics'],
  ['IPv6', '[::1]:9100', {}, 'http://[::1]:9100/metrics'],
  ['https', 'a:1', { scheme: 'https', metrics_path: '/x y' }, 'https://a:1/x%20y'],
  ['parameters', 'a:1', { params: { b: ['1', '&'], a: [true] } }, 'http://a:1/metrics?a=true&b=1&b=%26'],
  [
    'a parameter by label, which replaces the first',
    'a:1',
    { params: { b: ['1', '2'] }, relabel_configs: [{ target_label: '__param_b', replacement: 'x' }] },
    'http://a:1/metrics?b=x&b=2',
  ],
  [
    'path, scheme and address by label',
    'a:1',
    {
      relabel_configs: [
        { source_labels: ['__address__'], regex: '(.*):.*', target_label: '__address__', replacement: '$1:8443' },
        { target_label: '__scheme__', replacement: 'https' },
        { target_label: '__metrics_path__', replacement: '/stats' },
      ],
    },
    'https://a:8443/stats',
  ],
])('has the URL: %s', (_name, address, more, url) => {
  expect(only({ static_configs: [{ targets: [address] }], ...more }).url.href).toBe(url);
});

it('is a resource', () => {
  const job = { static_configs: [{ targets: ['[::1]'], labels: { team: 'a' } }], scheme: 'https' };
  expect(only(job).resource.attributes).toEqual({
    'service.name': 'shop',
    'service.instance.id': '[::1]',
    'server.address': '::1',
    'server.port': 443,
    'url.scheme': 'https',
  });
  const renamed = {
    ...job,
    relabel_configs: [
      { target_label: 'job', replacement: 'b' },
      { target_label: 'instance', replacement: 'c' },
    ],
  };
  expect(only(renamed).resource.attributes).toMatchObject({ 'service.name': 'b', 'service.instance.id': 'c' });
});

it('has its interval and timeout from labels, if rules set them', () => {
  const rules = (interval: string, timeout: string) => ({
    static_configs: [{ targets: ['a:1'] }],
    relabel_configs: [
      { target_label: '__scrape_interval__', replacement: interval },
      { target_label: '__scrape_timeout__', replacement: timeout },
    ],
  });
  expect(only(rules('1d2h', '1m30s'))).toMatchObject({ intervalMs: 93_600_000, timeoutMs: 90_000 });
  expect(targetsOf(rules('10s', '11s'))).toEqual([
    'The __scrape_timeout__ of a:1 is longer than its __scrape_interval__.',
  ]);
  expect(targetsOf(rules('soon', '11s'))).toEqual(['The __scrape_interval__ of a:1 is no duration: soon']);
  expect(targetsOf(rules('', '11s'))).toEqual(['The __scrape_interval__ of a:1 is no duration: ']);
});

it.each([
  ['no address', { target_label: '__address__', replacement: '' }, 'It has no __address__.'],
  ['a path in the address', { target_label: '__address__', replacement: 'a/b' }, 'a/b is not host:port.'],
  ['an address that is none', { target_label: '__address__', replacement: 'a b' }, 'a b is not host:port.'],
  [
    'another scheme',
    { target_label: '__scheme__', replacement: 'ftp' },
    'The __scheme__ of a:1 is neither http nor https: ftp',
  ],
])('cannot be scraped with %s', (_name, rule, message) => {
  expect(targetsOf({ static_configs: [{ targets: ['a:1'] }], relabel_configs: [rule] })).toEqual([message]);
});

const promtool = program('promtool');

describe.skipIf(!promtool)('Prometheus finds the same targets', () => {
  it.each<[string, object]>([
    ['as they are', { static_configs: [{ targets: ['a:1', 'b:2'], labels: { env: 'x', job: 'other' } }] }],
    ['with intervals', { scrape_interval: '1h30m', scrape_timeout: '90s', static_configs: [{ targets: ['a:1'] }] }],
    [
      'with rules',
      {
        static_configs: [
          { targets: ['a:1', 'b:2', 'c:3', 'd:4', 'e:5'], labels: { __meta_zone: 'eu', __meta_dc: '7', env: 'Prod' } },
          { targets: ['f:6'], labels: { instance: 'given' } },
        ],
        params: { module: ['http_2xx'] },
        relabel_configs: [
          { source_labels: ['__address__'], regex: '[bc]:.*', action: 'drop' },
          { source_labels: ['__address__'], regex: '[a-f]:\\d+', action: 'keep' },
          { regex: '__meta_(.+)', action: 'labelmap' },
          { source_labels: ['__address__', 'zone'], separator: '@', target_label: 'where' },
          { source_labels: ['env'], action: 'lowercase', target_label: 'env' },
          { source_labels: ['env'], action: 'uppercase', target_label: 'stage' },
          { source_labels: ['__address__'], action: 'hashmod', modulus: 97, target_label: 'shard' },
          { source_labels: ['__address__'], target_label: '__param_target' },
          {
            source_labels: ['__address__'],
            regex: '(?P<host>\\w+):(\\d+)',
            replacement: 'blackbox-${host}:9115',
            target_label: '__address__',
          },
          { regex: 'dc', action: 'labeldrop' },
        ],
      },
    ],
    [
      'with labels kept and compared',
      {
        static_configs: [{ targets: ['a:1', 'b:2'], labels: { x: 'a:1', y: 'q' } }],
        relabel_configs: [
          { source_labels: ['x'], action: 'keepequal', target_label: '__address__' },
          { regex: '__.*|job|x', action: 'labelkeep' },
        ],
      },
    ],
  ])('%s', (_name, job) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-promtool-'));
    try {
      const file = join(folder, 'prometheus.yml');
      writeFileSync(file, stringify({ scrape_configs: [{ job_name: 'shop', ...job }] }));
      const { stdout } = spawnSync(promtool!, ['check', 'service-discovery', file, 'shop', '--timeout', '1s'], {
        encoding: 'utf8',
      });
      const wanted = (JSON.parse(stdout) as { labels: Record<string, string> }[]).map(({ labels }) =>
        Object.keys(labels).length === 0 ? 'dropped' : publicOf(labels),
      );
      const ours = targetsOf(job).map((target) =>
        typeof target === 'object' ? Object.fromEntries(target.labels) : 'dropped',
      );
      // In which order the groups come is left open.
      expect(new Set(ours)).toEqual(new Set(wanted));
      expect(ours).toHaveLength(wanted.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const publicOf = (labels: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__')));
