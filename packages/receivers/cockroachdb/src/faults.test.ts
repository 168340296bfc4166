import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '@millrace/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeNode, folder, type Handler, json, notReady, text } from '../testdata/fake-cluster.ts';
import { harness, type Harness, type Input } from '../testdata/harness.ts';

let open: (Harness | FakeNode)[] = [];
afterEach(async () => {
  for (const one of open) await ('stop' in one ? one.stop() : one.close());
  open = [];
});

const now = '2024-09-30T13:40:00.500Z';

async function nodes(...ids: string[]): Promise<readonly FakeNode[]> {
  const fakes = await fakeCluster({ replies: 'v24.1', nodes: ids });
  open.push(...fakes);
  return fakes;
}

async function receive(config: Input, settings?: Parameters<typeof harness>[1]): Promise<Harness> {
  const receiver = await harness(config, { now, ...settings });
  open.push(receiver);
  return receiver;
}

const shop = (fakes: readonly { readonly url: string }[]) => ({
  name: 'shop',
  endpoints: fakes.map(({ url }) => url),
});

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const cluster = 'cockroachdb.cluster.name="shop"';
const node = (id: number): string => `${cluster},cockroachdb.node.id="${id}"`;

const whole = readFileSync(join(folder, 'v24.1/nodes.json'));
const hang: Handler = () => {};
const html: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><title>Welcome</title>');
};
const cut: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(whole.length) });
  response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
};
/** The connection ends as if that were all. */
const short: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(whole.subarray(0, whole.length / 2));
};
const redirect: Handler = (_request, response) => {
  response.writeHead(307, { location: 'https://elsewhere:8080/_status/nodes?secret=1' });
  response.end();
};
const endless: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (response.write(`${' '.repeat(65_536)}`)) if (response.destroyed) return;
    response.once('drain', more);
  };
  more();
};
const slow: Handler = (_request, response) => {
  const drip = setInterval(() => response.write(' '), 50);
  response.once('close', () => clearInterval(drip));
};
const status =
  (code: number): Handler =>
  (_request, response) =>
    text(response, code, code === 401 ? 'a valid authentication cookie is required' : 'no');

/** What the first node asked answers in place of a list of nodes, and why it is 0 if nobody else can be asked. */
const faults: readonly (readonly [string, Handler, string])[] = [
  ['HTML instead of JSON', html, 'bad_reply'],
  ['an answer cut in the middle', cut, 'connection_lost'],
  ['an answer that ends in the middle', short, 'bad_reply'],
  ['JSON of something else', (_request, response) => json(response, { nodes: 5 }), 'bad_reply'],
  ['no answer', hang, 'timeout'],
  ['an answer that comes too slowly', slow, 'timeout'],
  ['an answer without an end', endless, 'too_big'],
  ['a redirect', redirect, 'redirect'],
  ['status 401', status(401), 'unauthorized'],
  ['status 404', status(404), 'not_found'],
  ['status 500', status(500), 'http_status'],
  ['status 503', status(503), 'unavailable'],
];

describe.each(faults)('%s', (_name, handler, reason) => {
  const settings = { request_timeout: '1s', max_reply_size: '1MiB' } as const;

  it('costs nothing where another node can be asked', async () => {
    const [bad, ...good] = await nodes('1', '2', '3');
    bad!.answers.set('/_status/nodes', handler);
    // Its health is answered first, so that it is asked first.
    for (const one of good)
      one.answers.set('/health', (_request, response) => void setTimeout(() => json(response, {}), 100));
    const receiver = await receive({ ...settings, clusters: [shop([bad!, ...good])] });
    const { value, errors } = await receiver.scrape();
    expect(bad!.requests).toContain('/_status/nodes');
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="live"}`)).toBe(2);
    expect(value(`cockroachdb.node.memory.usage{${node(1)}|}`)).toBe(6 * 2 ** 30);
    expect(errors.map(describeError).join()).toContain('/_status/nodes');
  });

  it('is told of where no other can, and costs other clusters nothing', async () => {
    const [bad, other] = await nodes('1', '2');
    bad!.answers.set('/_status/nodes', handler);
    const clusters = [shop([bad!]), { name: 'other', endpoints: [other!.url] }];
    const receiver = await receive({ ...settings, clusters });
    const { value, metrics, logs, errors } = await receiver.scrape();
    expect(value(`cockroachdb.cluster.up{${cluster}|error.type="${reason}"}`)).toBe(0);
    expect(value(`cockroachdb.node.up{${node(1)}|}`)).toBe(1);
    expect(metrics).not.toContain(`cockroachdb.node.memory.usage{${node(1)}`);
    expect(metrics).not.toContain(`cockroachdb.cluster.capacity{${cluster}`);
    expect(value('cockroachdb.cluster.up{cockroachdb.cluster.name="other"|}')).toBe(1);
    expect(value('cockroachdb.cluster.qps{cockroachdb.cluster.name="other"|}')).toBe(3100.75);
    expect(logs).toContain('ERROR "Cluster shop cannot be read: ');
    expect(logs).not.toContain('secret');
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('a node that does not answer at all', () => {
  const settings = { request_timeout: '1s' } as const;

  it.each([
    ['is refused', 'connection_refused', 'http://127.0.0.1:1'],
    ['has no address', 'host_not_found', 'http://no-such-node.invalid:8080'],
  ] as const)('%s', async (_name, reason, url) => {
    const good = await nodes('1', '2');
    const receiver = await receive({ ...settings, clusters: [shop([{ url }, ...good])] });
    const { value, metrics } = await receiver.scrape();
    expect(metrics).toMatch(new RegExp(`cockroachdb.probe.up\\{${cluster}\\|error.type="${reason}",[^}]*\\} 0 `));
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(value(`cockroachdb.node.up{${node(3)}|}`)).toBe(1);
  });

  it('takes connections and says nothing', async () => {
    const mute = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const good = await nodes('1');
    const url = urlOf(mute);
    const receiver = await receive({ ...settings, clusters: [shop([{ url }, ...good])] });
    const begun = performance.now();
    const { value, metrics } = await receiver.scrape();
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(metrics).toContain(`cockroachdb.probe.up{${cluster}|error.type="timeout"`);
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    mute.close();
  });

  it('answers something that is not HTTP', async () => {
    const odd = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')).listen(0, '127.0.0.1');
    await once(odd, 'listening');
    const url = urlOf(odd);
    const receiver = await receive({ ...settings, clusters: [shop([{ url }])] });
    const { value } = await receiver.scrape();
    expect(value(`cockroachdb.cluster.up{${cluster}|error.type="bad_reply"}`)).toBe(0);
    odd.close();
  });

  it('ends its series, and begins them again', async () => {
    const fakes = await nodes('1', '2');
    const receiver = await receive({ ...settings, clusters: [shop(fakes)] });
    await receiver.scrape();
    await fakes[0]!.close();
    open.splice(open.indexOf(fakes[0]!), 1);
    const second = await receiver.scrape();
    // Refused, or cut off where a kept connection has not noticed yet.
    expect(second.metrics).toMatch(new RegExp(`cockroachdb.node.up\\{${node(1)}\\|error.type="connection_\\w+"\\} 0 `));
    expect(second.metrics).toContain(`cockroachdb.node.up{${node(1)}|} ended {node}`);
    expect(second.logs).toMatch(/WARN "GET http:.*health failed: /);
    expect(second.value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
  });
});

describe('an interval that is shorter than what a node may take', () => {
  it('costs only the node that hangs', async () => {
    const fakes = await nodes('1', '2');
    fakes[0]!.answers.set('/health', hang);
    const receiver = await receive({ request_timeout: '10s', clusters: [shop(fakes)] });
    const { value, metrics } = await receiver.scrape(2000);
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(metrics).toContain(`cockroachdb.probe.up{${cluster}|error.type="timeout"`);
  });
});

describe('numbers that are not as they should be', () => {
  const status24 = JSON.parse(whole.toString()) as { nodes: Record<string, never>[] };

  async function scrapeOf(change: (reply: { nodes: Record<string, unknown>[] }) => void) {
    const [one] = await nodes('1');
    const reply = structuredClone(status24) as { nodes: Record<string, unknown>[] };
    change(reply);
    one!.answers.set('/_status/nodes', (_request, response) => json(response, reply));
    const receiver = await receive({ clusters: [shop([one!])] });
    return receiver.scrape();
  }

  it('floats where integers were expected, and text where floats were', async () => {
    const { value, errors } = await scrapeOf(({ nodes: [first] }) => {
      const metrics = first!['metrics'] as Record<string, unknown>;
      metrics['sql.conns'] = 120.4;
      metrics['sys.rss'] = '6442450944.0';
      metrics['clock-offset.meannanos'] = '-1200000';
      first!['totalSystemMemory'] = 16777216000;
      const [store] = first!['storeStatuses'] as { desc: { capacity: Record<string, unknown> } }[];
      store!.desc.capacity['used'] = 5e11;
    });
    expect(value(`cockroachdb.node.sql.connections{${node(1)}|}`)).toBe(120);
    expect(value(`cockroachdb.node.memory.usage{${node(1)}|}`)).toBe(6442450944);
    expect(value(`cockroachdb.node.clock_offset.mean{${node(1)}|}`)).toBe(-0.0012);
    expect(value(`cockroachdb.node.memory.limit{${node(1)}|}`)).toBe(16777216000);
    expect(value(`cockroachdb.store.capacity{${node(1)},cockroachdb.store.id="1"|state="used"}`)).toBe(500_000_000_000);
    expect(errors).toEqual([]);
  });

  it('what is missing, null or of another kind is absent, and the rest is there', async () => {
    const { value, metrics, errors } = await scrapeOf(({ nodes: list }) => {
      list[0]!['metrics'] = null;
      list[0]!['totalSystemMemory'] = 'much';
      list[0]!['storeStatuses'] = 'none';
      (list[1]!['metrics'] as Record<string, unknown>)['sys.rss'] = 'NaN';
      list[2]!['desc'] = { nodeId: 'three' };
      list.push({}, null as never, [] as never);
    });
    expect(value(`cockroachdb.node.up{${node(1)}|}`)).toBe(1);
    expect(metrics).not.toContain(`cockroachdb.node.memory.limit{${node(1)}`);
    expect(metrics).not.toContain(`cockroachdb.node.memory.usage{${node(2)}`);
    expect(value(`cockroachdb.node.memory.limit{${node(2)}|}`)).toBe(16777216000);
    expect(errors).toEqual([]);
  });
});

describe('a cluster of 200 nodes', () => {
  it('is read whole, from one of them', async () => {
    const [one] = await nodes('1');
    const template = (JSON.parse(whole.toString()) as { nodes: object[] }).nodes[0]!;
    const noise = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [`some.metric.number.${index}`, index]),
    );
    const list = Array.from({ length: 200 }, (_, index) => {
      const copy = structuredClone(template) as { desc: { nodeId: number }; metrics: object };
      copy.desc.nodeId = index + 1;
      copy.metrics = { ...noise, ...copy.metrics, 'liveness.heartbeatlatency-p99': 1_000_000 * (index + 1) };
      return copy;
    });
    const livenessByNodeId = Object.fromEntries(list.map((_, index) => [index + 1, 3]));
    const body = JSON.stringify({ nodes: list, livenessByNodeId });
    one!.answers.set('/_status/nodes', (_request, response) => response.end(body));
    one!.answers.set('/_admin/v1/liveness', status(403));
    const receiver = await receive({ request_timeout: '10s', clusters: [shop([one!])] });
    const { value, metrics } = await receiver.scrape(20_000);
    expect(body.length).toBeGreaterThan(7_000_000);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="live"}`)).toBe(200);
    expect(value(`cockroachdb.cluster.sql.connections{${cluster}|}`)).toBe(200 * 120);
    expect(value(`cockroachdb.cluster.heartbeat.latency.p99{${cluster}|cockroachdb.node.id="200"}`)).toBe(0.2);
    expect(metrics.match(/^cockroachdb\.qps\{/gm)).toHaveLength(600);
  });
});

describe('certificates', () => {
  let place: string;
  const pem = (name: string): string => join(place, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: place, stdio: 'ignore' });
  const signed = (name: string, subject: string): void => {
    openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
    );
    const ca = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san.cnf', '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.crt`, ...ca);
  };

  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'millrace-cockroachdb-'));
    for (const ca of ['ca', 'other'])
      openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        `${ca}.key`,
        '-out',
        `${ca}.crt`,
        '-days',
        '2',
        '-subj',
        `/CN=${ca}`,
      );
    execFileSync('sh', ['-c', `printf 'subjectAltName=DNS:localhost' > ${pem('san.cnf')}`]);
    signed('node', '/CN=node');
    signed('client', '/CN=monitor');
  }, 60_000);
  afterAll(() => rmSync(place, { recursive: true }));

  const secure = async (replies: readonly string[], mutual: 'mutual' | 'one-sided' = 'one-sided') => {
    const files = { cert: readFileSync(pem('node.crt')), key: readFileSync(pem('node.key')) };
    const client = mutual === 'mutual' && { ca: readFileSync(pem('ca.crt')), requestCert: true };
    const fakes = await fakeCluster({ replies: 'v24.1', nodes: replies, tls: { ...files, ...client } });
    open.push(...fakes);
    return fakes;
  };

  it('one of the authority is taken', async () => {
    const fakes = await secure(['1', '2']);
    const receiver = await receive({ clusters: [{ ...shop(fakes), tls: { ca_file: pem('ca.crt') } }] });
    const { value, errors } = await receiver.scrape();
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(errors).toEqual([]);
  });

  it('a bad one is refused, and costs neither other nodes nor other clusters', async () => {
    const fakes = await secure(['1']);
    const plain = await nodes('2');
    const clusters = [
      { ...shop([...fakes, ...plain]), tls: { ca_file: pem('other.crt') } },
      { name: 'other', endpoints: fakes.map(({ url }) => url), tls: { ca_file: pem('ca.crt') } },
    ];
    const receiver = await receive({ clusters });
    const { value, metrics } = await receiver.scrape();
    expect(metrics).toMatch(new RegExp(`cockroachdb.probe.up\\{${cluster}\\|error.type="tls",[^}]*\\} 0 `));
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(value('cockroachdb.cluster.up{cockroachdb.cluster.name="other"|}')).toBe(1);
  });

  it('shows its own to a node that wants one', async () => {
    const fakes = await secure(['1'], 'mutual');
    const tls = { ca_file: pem('ca.crt') };
    const without = await receive({ clusters: [{ ...shop(fakes), tls }] });
    expect((await without.scrape()).metrics).toMatch(
      /cockroachdb\.cluster\.up\{[^}]*error\.type="(tls|connection_lost)"\} 0/,
    );
    const shown = { ...tls, cert_file: pem('client.crt'), key_file: pem('client.key') };
    const receiver = await receive({ clusters: [{ ...shop(fakes), tls: shown }] });
    expect((await receiver.scrape()).value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
  });
});

describe('a node that is not ready', () => {
  it('drains, and is told of by the others', async () => {
    const fakes = await nodes('1', '2');
    fakes[0]!.answers.set('/health', notReady('node is shutting down'));
    fakes[0]!.answers.set('/_status/details/local', status(401));
    const receiver = await receive({ clusters: [shop(fakes)] });
    const { value } = await receiver.scrape();
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(fakes[0]!.requests).not.toContain('/_status/nodes');
    expect(value(`cockroachdb.node.ready{${node(1)}|}`)).toBe(0);
  });

  it('is initialising where it was started a moment ago', async () => {
    const fakes = await nodes('1', '2');
    fakes[0]!.answers.set('/health', notReady('node is waiting for cluster initialization'));
    const receiver = await receive({ clusters: [shop(fakes)] }, { now: '2024-09-30T12:41:00Z' });
    const { value } = await receiver.scrape();
    expect(value(`cockroachdb.node.liveness{${node(1)}|state="initialising"}`)).toBe(1);
    expect(value(`cockroachdb.node.ready{${node(1)}|}`)).toBe(0);
    expect(value(`cockroachdb.node.up{${node(1)}|}`)).toBe(1);
  });
});

describe('what one user may not see', () => {
  it('is absent, and the rest is there', async () => {
    const fakes = await nodes('1', '2');
    for (const { answers } of fakes) {
      answers.set('/_admin/v1/jobs', status(403));
      answers.set('/_admin/v1/liveness', status(403));
    }
    const receiver = await receive({ clusters: [shop(fakes)] });
    const { value, metrics, errors } = await receiver.scrape();
    expect(value(`cockroachdb.cluster.up{${cluster}|}`)).toBe(1);
    expect(value(`cockroachdb.cluster.nodes{${cluster}|state="dead"}`)).toBe(1);
    expect(metrics).not.toContain('cockroachdb.cluster.jobs');
    expect(errors.map(describeError).join()).toContain('status 403');
    // No other node is asked for what this user may not see.
    const asked = fakes.flatMap(({ requests }) => requests).filter((path) => path === '/_admin/v1/liveness');
    expect(asked).toHaveLength(1);
  });
});
