import { resolveConfig } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { Input } from '../testdata/harness.ts';
import { checkConfig, config } from './config.ts';

const problems = (input: Input): string[] =>
  checkConfig(resolveConfig(config, input)).map(({ path, message }) => `${path.join('.')}: ${message}`);
const cluster = { name: 'shop', endpoints: ['https://node1:8080'] };
const one = (more: object): Input => ({ clusters: [{ ...cluster, ...more }] });

describe('a config', () => {
  it.each([
    one({}),
    one({ username: 'monitor', password: 'secret' }),
    one({ username: '', password: '' }),
    one({ token: 'jwt', endpoints: ['http://localhost:8080/proxy/', 'http://[::1]:8080'] }),
    { clusters: [cluster, { ...cluster, name: 'other' }], presets: ['sql', 'runtime'] },
  ] satisfies Input[])('is right: %j', (input) => expect(problems(input)).toEqual([]));

  it.each([
    [one({ endpoints: ['node1:8080'] }), 'clusters.0.endpoints.0: Cluster shop: node1:8080 must be a URL'],
    [one({ endpoints: ['http://u:p@node1'] }), 'must have no user and no password: use username and password.'],
    [one({ endpoints: ['http://a', 'http://a'] }), 'clusters.0.endpoints.1: Cluster shop: http://a is there twice.'],
    [one({ username: 'monitor' }), 'clusters.0.password: Cluster shop: username goes with a password.'],
    [one({ password: 'secret' }), 'clusters.0.username: Cluster shop: password goes with a username.'],
    [one({ username: 'a', password: 'b', token: 'c' }), 'Cluster shop: username and token: give one of them.'],
    [one({ tls: { cert_file: 'a' } }), 'cert_file and key_file go together'],
    [{ clusters: [cluster, cluster] }, 'clusters.1.name: There is another cluster called shop.'],
    [{ ...one({}), request_timeout: '0s' }, 'request_timeout: request_timeout must be more than 0.'],
  ] satisfies [Input, string][])('is wrong: %j', (input, message) =>
    expect(problems(input).join('\n')).toContain(message),
  );
});
