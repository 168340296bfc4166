import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { heldBytes } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { beginPost, converse } from '../../testdata/clients.ts';
import { soon, startReceiver, stopAllClean } from '../../testdata/receiver.ts';
import { metricsRequest } from '../../testdata/requests.ts';

afterEach(stopAllClean);

const request = metricsRequest(3);

describe('time', () => {
  test('headers that do not come are not waited for', async () => {
    const { http } = await startReceiver({ http: { read_header_timeout: '200ms' } });
    expect(await converse(http, 'POST /v1/metrics HTTP/1.1\r\nhost: a\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('nor a whole request that does not', async () => {
    const { http } = await startReceiver({ http: { read_timeout: '200ms' } });
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 100\r\n\r\n';
    expect(await converse(http, head, 'abc')).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await expect.poll(heldBytes, soon).toBe(0);
  });

  test('a sender that stalls is given up', async () => {
    const clock = manualClock();
    const { http } = await startReceiver({ context: { clock } });
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n';
    const answer = converse(http, head, 'abc');
    const done = answer.then(() => true);
    while (!(await Promise.race([done, sleep(5, false)]))) await clock.advance(10_000);
    expect(await answer).toMatch(/^HTTP\/1\.1 408 .*"code":4,"message":"The request did not come in time\."/s);
  });

  test('a sender that goes away aborts the delivery', async () => {
    const gone = Promise.withResolvers<unknown>();
    const { http } = await startReceiver({
      next: (_batch, signal) =>
        new Promise((_resolve, reject) =>
          signal!.addEventListener('abort', () => {
            gone.resolve(signal!.reason);
            reject(signal!.reason as Error);
          }),
        ),
    });
    const sent = beginPost(http);
    sent.end(request);
    await expect.poll(heldBytes, soon).toBeGreaterThan(0);
    sent.destroy();
    expect(await gone.promise).toMatchObject({ message: 'The sender has gone.' });
    await expect.poll(heldBytes, soon).toBe(0);
  });

  test('connections that end in the middle leave nothing behind', async () => {
    const { http, batches } = await startReceiver();
    const head =
      'POST /v1/metrics HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 2000000\r\n\r\n';
    for (let index = 0; index < 10; index++) {
      const socket = connect(http, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(head);
      socket.write(Buffer.alloc(1_000_000));
      await expect.poll(heldBytes, soon).toBeGreaterThan(0);
      socket.destroy();
      await expect.poll(heldBytes, soon).toBe(0);
    }
    expect(batches).toEqual([]);
  });
});

describe('connections', () => {
  const twice = `${'POST /v1/logs HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'.repeat(2)}`;

  test('are kept', async () => {
    const { http } = await startReceiver({ http: { idle_timeout: '1s' } });
    expect((await converse(http, twice)).match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
  });

  test('are not kept where the config says so', async () => {
    const { http } = await startReceiver({ http: { keep_alives_enabled: false } });
    const answer = await converse(http, twice);
    expect(answer.match(/HTTP\/1\.1 200 /g)).toHaveLength(1);
    expect(answer).toMatch(/connection: close/i);
  });

  test('are kept after a small body that was refused', async () => {
    const { http } = await startReceiver({ http: { idle_timeout: '1s' } });
    const answer = await converse(http, twice.replace('/v1/logs', '/v1/log'));
    expect(answer.match(/HTTP\/1\.1 \d+ /g)).toEqual(['HTTP/1.1 404 ', 'HTTP/1.1 200 ']);
  });
});
