import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { logsBatch, PermanentError } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { create, fetched, gauge, page, point, start } from '../testdata/serving.ts';

/** Resolves however it was closed; `once` of node:events rejects where a reset comes first. */
const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => void socket.once('close', resolve));

describe('a client', () => {
  test('that does not read is cut off, and the others are served', async () => {
    const { url, take } = await start({ write_timeout: '300ms' });
    await take(
      gauge({}, ...Array.from({ length: 60_000 }, (_, index) => point(index, { index, long: 'x'.repeat(100) }))),
    );
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    expect((await fetched(url)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 400));
    socket.resume();
    let read = 0;
    socket.on('data', (data: Buffer) => (read += data.length));
    await closed(socket);
    expect(read).toBeLessThan(60_000 * 130);
  });

  test('that does not finish its request is cut off', async () => {
    const { url } = await start({ read_header_timeout: '200ms' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\n');
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('that talks nonsense gets an error', async () => {
    const { url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetched(url)).status).toBe(200);
  });
});

describe('start and shutdown', () => {
  test('a port that is taken is said, with what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const endpoint = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const error = await create({ endpoint }).component.start!().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect((error as Error).message).toBe(
      `Cannot serve metrics on ${endpoint}: something else listens there. Stop it, or set endpoint to another port; port 0 takes one that is free.`,
    );
    other.close();
  });

  test('an address of another machine is said', async () => {
    const error = await create({ endpoint: '192.0.2.1:0' }).component.start!().catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain('this machine has no such address');
  });

  test.each(['[::1]:0', 'localhost:0', ':0'])('it listens on %s', async (endpoint) => {
    const { url } = await start({ endpoint });
    expect((await fetched(url)).status).toBe(200);
  });

  test('shutdown is safe without start, and twice', async () => {
    const { component } = create();
    await component.shutdown!(AbortSignal.timeout(1000));
    const { component: started, url } = await start();
    await started.shutdown!(AbortSignal.timeout(1000));
    await started.shutdown!(AbortSignal.timeout(1000));
    await expect(fetched(url)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('shutdown does not wait for idle connections', async () => {
    const { component, url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    const gone = closed(socket);
    await component.shutdown!(AbortSignal.timeout(60_000));
    await gone;
  });

  test('shutdown cuts what is under way at its deadline', async () => {
    const { component, url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\n');
    await once(socket, 'connect');
    await component.shutdown!(AbortSignal.abort());
    await closed(socket);
  });

  test('batches are taken before the start, and other signals refused for good', async () => {
    const created = create();
    await created.take(gauge({}, point(1)));
    await created.component.start!();
    const { url } = created.context.lines.at(-1)!.fields as { url: string };
    expect((await fetched(url)).text).toBe(page);
    await expect(created.component.consume(logsBatch([]))).rejects.toThrow(PermanentError);
  });
});
