import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCollector, defineExporter, resolveConfig } from '@millrace/core';
import { checkDefinition, render, sink } from '@millrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createServers } from '../testdata/servers.ts';
import { checkConfig } from './check.ts';
import type { Config } from './config.ts';
import httpCheck from './index.ts';

const servers = createServers();
afterEach(() => servers.closeAll());

describe('the contract of components', () => {
  const config = { targets: [{ endpoint: 'http://127.0.0.1:1/' }, { endpoint: 'https://127.0.0.1:1/' }] };
  for (const { name, run } of checkDefinition(httpCheck, { config })) it(name, run);
});

it("the collector's config runs unchanged", async () => {
  const seen: string[] = [];
  const endpoint = await servers.http((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']}`);
    response.end('{"status": "ok", "count": 5, "message": "healthy"}');
  });
  const { batches, consume } = sink();
  const kept = defineExporter({
    type: 'kept',
    description: 'Keeps what comes.',
    signals: ['metrics'],
    config: { properties: {} },
    create: () => ({ consume }),
  });
  const text = readFileSync(join(import.meta.dirname, '../testdata/collector.yaml'), 'utf8');
  const { parse } = await import('yaml');
  const config = parse(text.replaceAll('${ENDPOINT}', endpoint)) as Record<string, unknown>;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const collector = await createCollector(config, {
    components: [httpCheck, kept],
    folders: [join(import.meta.dirname, '../../../..')],
    log,
  });
  await collector.start();
  await expect.poll(() => batches.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await collector.shutdown(AbortSignal.timeout(5_000));
  const basic = `Basic ${Buffer.from('monitor:secret').toString('base64')}`;
  expect(seen.slice(0, 3).sort()).toEqual([
    'GET /hello1 Bearer sesame undefined',
    'GET /hello2 Bearer sesame undefined',
    `POST /api ${basic} application/json`,
  ]);
  const [first] = batches;
  const lines = render(first!)
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .replaceAll(/ [\d.e-]+ ms$/gm, ' MS ms');
  await expect(lines).toMatchFileSnapshot('../testdata/expected-collector.txt');
});

describe('what a config must have', () => {
  const endpoint = 'http://localhost/';
  const validation = (one: object) => ({ endpoint, validations: [one] });
  it.each<[string, object, string]>([
    [
      'no endpoint',
      {},
      'targets.0.endpoint: a target needs an endpoint, or endpoints: `endpoint: https://example.com/health`.',
    ],
    [
      'no URL',
      { endpoint: 'localhost' },
      'targets.0.endpoint: endpoint must be a URL that begins with http:// or https://.',
    ],
    [
      'a password',
      { endpoints: ['http://a:b@c/'] },
      'targets.0.endpoints.0: endpoints[0] must have no user and no password: use auth, or headers.',
    ],
    [
      'another method',
      { endpoint, method: 'CONNECT' },
      'targets.0.method: method "CONNECT" is none that can be sent, such as GET, HEAD or POST.',
    ],
    [
      'a header that is not the user’s',
      { endpoint, headers: { 'Transfer-Encoding': 'x' } },
      'targets.0.headers.Transfer-Encoding: The header "Transfer-Encoding" is set by the exporter and cannot be changed.',
    ],
    ['no time', { endpoint, timeout: '0s' }, 'targets.0.timeout: timeout must be more than 0.'],
    [
      'a proxy for a socket',
      { endpoint, socket_path: '/x', proxy_url: 'http://p' },
      'targets.0.proxy_url: proxy_url does not go with socket_path: a unix socket is on this machine.',
    ],
    [
      'half a certificate',
      { endpoint, tls: { cert_file: 'x' } },
      'targets.0.tls: cert_file and key_file go together: give both or none.',
    ],
    [
      'nothing to validate',
      validation({}),
      'targets.0.validations.0: a validation says what the answer must be like: `contains: ok`, `status: 2xx`.',
    ],
    [
      'equals of nothing',
      validation({ equals: 'a' }),
      'targets.0.validations.0.equals: equals needs a json_path, which says what it is compared with.',
    ],
    [
      'matches of nothing',
      validation({ matches: 'a' }),
      'targets.0.validations.0.matches: matches needs a header; for the body there is regex.',
    ],
    [
      'a query',
      validation({ json_path: 'a.#(b=="c").d' }),
      'targets.0.validations.0.json_path: json_path "a.#(b==\\"c\\").d" is not understood: names and numbers with dots between them, `checks.0.state`, and `#` for how many. Queries, wildcards and modifiers are not known.',
    ],
    [
      'no status',
      validation({ status: '20x' }),
      'targets.0.validations.0.status: status "20x" is none: 200, 2xx, 200-204, or several with commas.',
    ],
  ])('%s', (_name, target, message) => {
    const config = resolveConfig(httpCheck.config, { targets: [target] } as never) as Config;
    expect(checkConfig(config).map(({ path, message: said }) => `${path.join('.')}: ${said}`)).toEqual([message]);
  });
});
