import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { oneJob, scraping, type Scraping, valueIn } from './testdata/scraping.ts';
import { type TargetServer, targetServer } from './testdata/target-server.ts';

const tls = join(import.meta.dirname, '../../../exporters/prometheus/testdata/tls');
const pem = (name: string): Buffer => readFileSync(join(tls, name));

let folder: string;
let run: Scraping | undefined;
const targets: TargetServer[] = [];
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'))));
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await Promise.all(targets.splice(0).map((target) => target.close()));
  rmSync(folder, { recursive: true });
});

async function started(...args: Parameters<typeof targetServer>): Promise<TargetServer> {
  const target = await targetServer(...args);
  targets.push(target);
  target.show('a 1\n');
  return target;
}

const secure = (more: object = {}): Promise<TargetServer> =>
  started(createServer({ key: pem('server.key'), cert: pem('server.pem'), ...more }));

const lastError = (): unknown => (run!.context.lines.at(-1)!.fields as { error?: string }).error;

it('https needs a certificate of an authority that is trusted', async () => {
  const target = await secure();
  run = await scraping(oneJob([target.address], { scheme: 'https' }));
  expect(valueIn(await run.next(), 'up')).toBe(0);
  expect(lastError()).toMatch(/certificate|verify/);
  await run.stop();
  for (const config of [
    { ca_file: join(tls, 'ca.pem') },
    { ca: String(pem('ca.pem')) },
    { insecure_skip_verify: true },
  ]) {
    run = await scraping(oneJob([target.address], { scheme: 'https', tls_config: config }));
    expect(valueIn(await run.next(), 'up')).toBe(1);
    await run.stop();
  }
  const named = { ca_file: join(tls, 'ca.pem'), server_name: 'elsewhere.example' };
  run = await scraping(oneJob([target.address], { scheme: 'https', tls_config: named }));
  expect(valueIn(await run.next(), 'up')).toBe(0);
  expect(lastError()).toContain('elsewhere.example');
});

it('a certificate is shown to a target that wants one', async () => {
  const target = await secure({ ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true });
  const ca = { ca_file: join(tls, 'ca.pem') };
  run = await scraping(oneJob([target.address], { scheme: 'https', tls_config: ca }));
  expect(valueIn(await run.next(), 'up')).toBe(0);
  await run.stop();
  const mutual = { ...ca, cert_file: join(tls, 'client.pem'), key_file: join(tls, 'client.key') };
  run = await scraping(oneJob([target.address], { scheme: 'https', tls_config: mutual }));
  expect(valueIn(await run.next(), 'up')).toBe(1);
});

it.each([
  [
    'basic_auth',
    { basic_auth: { username: 'u', password: 'p:w' } },
    `Basic ${Buffer.from('u:p:w').toString('base64')}`,
  ],
  ['authorization', { authorization: { type: 'Token', credentials: 'sesame' } }, 'Token sesame'],
  ['bearer_token', { bearer_token: 'sesame' }, 'Bearer sesame'],
])('shows who asks: %s', async (_name, more, header) => {
  const target = await started();
  run = await scraping(oneJob([target.address], more));
  await run.next();
  expect(target.requests[0]!.headers['authorization']).toBe(header);
});

it('a token in a file is that which stands there now', async () => {
  const target = await started();
  const file = join(folder, 'token');
  run = await scraping(oneJob([target.address], { bearer_token_file: file }));
  expect(valueIn(await run.next(), 'up')).toBe(0);
  expect(lastError()).toMatch(/credentials_file cannot be read.*ENOENT/);
  for (const token of ['one', 'two']) {
    writeFileSync(file, `${token}\n`);
    expect(valueIn(await run.next(), 'up')).toBe(1);
    expect(target.requests.at(-1)!.headers['authorization']).toBe(`Bearer ${token}`);
  }
});

it('goes through a proxy, plainly and with a tunnel', async () => {
  const asked: string[] = [];
  const proxy = createHttpServer((incoming, response) => {
    asked.push(incoming.url ?? '');
    request(incoming.url ?? '', { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    }).end();
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push(incoming.url ?? '');
    const onward = connect(Number((incoming.url ?? '').split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const one of [onward, socket]) one.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  try {
    const plain = await started();
    run = await scraping(oneJob([plain.address], { proxy_url: proxyUrl }));
    expect(valueIn(await run.next(), 'up')).toBe(1);
    await run.stop();
    const target = await secure();
    run = await scraping(
      oneJob([target.address], { proxy_url: proxyUrl, scheme: 'https', tls_config: { insecure_skip_verify: true } }),
    );
    expect(valueIn(await run.next(), 'up')).toBe(1);
    expect(asked).toEqual([`http://${plain.address}/metrics`, target.address]);
  } finally {
    await run?.stop();
    proxy.closeAllConnections();
    proxy.close();
  }
});
