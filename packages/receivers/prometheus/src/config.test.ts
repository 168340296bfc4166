import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyDefinition, checkConfig, ConfigError, rawConfig } from '@millrace/core';
import { checkDefinition } from '@millrace/core/testing';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import prometheus from './index.ts';

describe('the contract of components, with no target there', () => {
  const config = { config: { scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['127.0.0.1:1'] }] }] } };
  for (const { name, run } of checkDefinition(prometheus, { config })) it(name, run);
});

const neighbour = {
  kind: 'exporter',
  type: 'out',
  description: 'A neighbour.',
  config: { properties: {} },
  signals: ['metrics'],
  create: () => ({ consume: async () => {} }),
} as unknown as AnyDefinition;

async function problems(config: unknown): Promise<string> {
  const service = { pipelines: { metrics: { receivers: ['prometheus'], exporters: ['out'] } } };
  try {
    await checkConfig(rawConfig({ receivers: { prometheus: config }, exporters: { out: {} }, service }), {
      find: async (_kind, type) => [prometheus as AnyDefinition, neighbour].find((one) => one.type === type),
      known: async () => [],
      installHint: () => '',
    });
    return '';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

const known = readFileSync(join(import.meta.dirname, '../testdata/collector.yaml'), 'utf8').replaceAll('$$', '$');

it.each(Object.entries(parse(known) as Record<string, unknown>))(
  'takes what is written for others: %s',
  async (_name, config) => {
    expect(await problems(config)).toBe('');
  },
);

const job = (more: object): object => ({
  config: { scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['a:1'] }], ...more }] },
});
const rule = (config: object): object => job({ relabel_configs: [config] });

it.each<[string, object, string]>([
  ['nothing', {}, 'needs the key "config"'],
  ['no jobs', { config: { scrape_configs: [] } }, 'scrape_configs must not be empty'],
  ['no name', { config: { scrape_configs: [{}] } }, 'needs the key "job_name"'],
  ['a name twice', { config: { scrape_configs: [{ job_name: 'a' }, { job_name: 'a' }] } }, 'two jobs have the name a'],
  [
    'another discovery',
    job({ kubernetes_sd_configs: [{ role: 'pod' }] }),
    'there is no discovery by kubernetes here: targets come from static_configs and file_sd_configs',
  ],
  ['an unknown discovery', job({ nomad_sd_configs: [{}] }), 'unknown key "nomad_sd_configs"'],
  ['a URL', job({ static_configs: [{ targets: ['http://a:1'] }] }), "http://a:1 is not host:port; a path is the job's"],
  ['a timeout that is too long', job({ scrape_timeout: '2m' }), 'scrape_timeout is longer than the interval, 60s'],
  ['no readable format', job({ scrape_protocols: ['PrometheusProto'] }), 'none of these can be read'],
  ['no readable fallback', job({ fallback_scrape_protocol: 'PrometheusProto' }), 'PrometheusProto cannot be read'],
  ['a regex that is none', rule({ regex: '(', target_label: 'a' }), 'the regex is not one of RE2: missing closing )'],
  ['a look-ahead', rule({ regex: '(?=a)', target_label: 'a' }), 'invalid or unsupported Perl syntax, (?='],
  ['no target_label', rule({ source_labels: ['a'] }), 'the action replace needs a target_label'],
  ['no modulus', rule({ action: 'hashmod', target_label: 'a' }), 'hashmod needs a modulus'],
  ['an unknown action', rule({ action: 'dropp' }), 'did you mean "drop"?'],
  [
    'too much',
    rule({ action: 'labeldrop', regex: 'a', target_label: 'b' }),
    'target_label does not go with the action labeldrop',
  ],
  [
    'two ways to show who asks',
    job({ basic_auth: { username: 'a' }, bearer_token: 'b' }),
    'there is basic_auth already',
  ],
  [
    'a password twice',
    job({ basic_auth: { password: 'a', password_file: 'b' } }),
    'password and password_file say the same',
  ],
  ['half a certificate', job({ tls_config: { cert_file: 'a' } }), 'cert_file and key_file go together'],
  ['a header that is none', job({ http_headers: { 'a b': { values: ['c'] } } }), 'has a name that HTTP does not allow'],
  ['a proxy that is none', job({ proxy_url: 'socks5://a' }), 'must be a URL that begins with http://'],
  ['files that are none', job({ file_sd_configs: [{ files: ['targets.txt'] }] }), 'ends in .json, .yml or .yaml'],
  ['a start time that is no regex', { ...job({}), start_time_metric_regex: '[' }, 'is not a regex of RE2'],
])('refuses %s', async (_name, config, message) => {
  expect(await problems(config)).toContain(message);
});

it('says no secret', async () => {
  const text = await problems(job({ basic_auth: { username: 'a', password: 'hunter2' }, bearer_token: 'sesame' }));
  expect(text).not.toMatch(/hunter2|sesame/);
});
