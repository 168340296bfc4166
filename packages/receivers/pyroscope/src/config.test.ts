import { type InputOf, resolveConfig } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { config as schema } from './config/schema.ts';
import pyroscope from './index.ts';

const problems = (input: object): string[] =>
  pyroscope.check!(resolveConfig(schema, input as InputOf<typeof schema>)).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const server = (more: object): object => ({
  servers: [{ endpoint: 'http://localhost:4040', queries: [{ query: 'app.cpu' }], ...more }],
});
const target = (more: object): object => ({ targets: [{ urls: ['http://localhost:6060'], ...more }] });

it.each([
  [{}, ': There is nothing to pull from: give servers, or targets.'],
  [
    server({ endpoint: 'localhost' }),
    'servers.0.endpoint: endpoint must be a URL that begins with http:// or https://.',
  ],
  [
    server({ endpoint: 'http://me:pw@localhost' }),
    'servers.0.endpoint: endpoint must have no user and no password: use basic_auth.',
  ],
  [server({ queries: [] }), 'servers.0.queries: There is nothing to pull: give queries, or discover.'],
  [server({ window: '15s' }), 'servers.0.window: A window is 10s, 20s, 30s, or whole minutes that divide a day.'],
  [server({ window: '7m' }), 'servers.0.window: A window is 10s, 20s, 30s, or whole minutes that divide a day.'],
  [server({ max_catch_up: '1m' }), 'servers.0.max_catch_up: max_catch_up must be at least window and delay together.'],
  [server({ tenant: 'a b' }), 'servers.0.tenant: tenant has characters that no tenant can have.'],
  [server({ discover: { applications: '(' } }), /^servers\.0\.discover\.applications: /],
  [server({ queries: [{}] }), 'servers.0.queries.0: Either query or application must be given.'],
  [
    server({ queries: [{ query: 'a.cpu', application: 'a' }] }),
    'servers.0.queries.0: Query and application exclude each other: give one.',
  ],
  [server({ queries: [{ query: 'app' }] }), /^servers\.0\.queries\.0: "app" begins neither with an application/],
  [
    server({ queries: [{ query: 'app.cpu{a=b}' }] }),
    'servers.0.queries.0: The selector cannot be read from "a=b" on; it should be like a="b", c=~"d.*".',
  ],
  [
    server({
      queries: [{ query: 'app.cpu' }, { query: 'process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="app"}' }],
    }),
    'servers.0.queries.1: This query is there twice.',
  ],
  [
    server({ generation: 'v1', queries: [{ query: 'app.wall' }] }),
    /^servers\.0\.queries\.0: wall is no profile type of Grafana/,
  ],
  [target({ urls: [] }), 'targets.0: There is nothing to pull from: give urls, files, or processes.'],
  [target({ urls: ['localhost:6060'] }), 'targets.0.urls.0: urls must be a URL that begins with http:// or https://.'],
  [
    target({ delta_profiling_duration: '1500ms' }),
    'targets.0.delta_profiling_duration: delta_profiling_duration must be whole seconds.',
  ],
  [
    target({ delta_profiling_duration: '15s' }),
    'targets.0.delta_profiling_duration: delta_profiling_duration must be at least one second less than scrape_interval.',
  ],
  [
    target({ scrape_timeout: '10s' }),
    'targets.0.scrape_timeout: scrape_timeout must be more than delta_profiling_duration.',
  ],
  [
    target({ processes: [{ url: 'http://localhost:1' }] }),
    'targets.0.processes.0: Every process would fit: give name, or cmdline.',
  ],
  [
    target({ processes: [{ cmdline: '-p (?<port>.*)', url: 'http://localhost:{prot}' }] }),
    'targets.0.processes.0.url: {prot} is nothing here; there are {pid}, {name}, {port}.',
  ],
  [{ ...target({}), functions: { show: '(' } }, /^functions\.show: /],
])('%j: %s', (input, message) => {
  const [first, ...more] = problems(input);
  if (typeof message === 'string') expect(first).toBe(message);
  else expect(first).toMatch(message);
  expect(more).toEqual([]);
});

describe('a config without problems', () => {
  it.each([
    [server({})],
    [server({ window: '10s', generation: 'legacy' })],
    [server({ queries: [{ application: 'a', profile_type: 'alloc_space', selector: '{a="b,\\"c", d=~".*"}' }] })],
    [target({})],
    [target({ processes: [{ cmdline: '--listen (?<at>\\S+)', url: 'http://{at}/', service_name: '{name}-{pid}' }] })],
  ])('%j', (input) => expect(problems(input)).toEqual([]));
});
