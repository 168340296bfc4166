import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { createCollector, type Logger } from '@millrace/core';
import { expect, it, vi } from 'vitest';
import { startWorker } from '../../../libraries/sql-sqream/src/testdata/server.ts';
import { ownFolder } from '../environment.ts';
import { main } from '../program.ts';

interface Push {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly values: readonly (readonly [time: string, line: string])[];
  }[];
}

it('an imported config brings rows to Loki, with four labels', async () => {
  const int32 = (value: number): Buffer => Buffer.from(new Int32Array([value]).buffer);
  const type = { nullable: false, isTrueVarChar: false, type: ['ftInt', 4, 0] };
  const worker = await startWorker({
    statements: {
      'select 1': { error: 'The query requires a GPU-Worker.' },
      'select show_locks()': {
        columns: [
          { name: 'statement_id', ...type },
          { name: 'port', ...type },
        ],
        fetches: [{ rows: 1, parts: [int32(77), int32(5000)] }],
      },
    },
  });
  const pushes: Push[] = [];
  const loki = createServer((request, answer) => {
    void buffer(request).then((body) => {
      pushes.push(JSON.parse(gunzipSync(body).toString()) as Push);
      answer.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(loki, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'import-'));
  const file = join(folder, 'sqream.yaml');
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { port } = loki.address() as AddressInfo;
  await main([
    'import',
    'sqream',
    '--host',
    '127.0.0.1',
    '--port',
    String(worker.port),
    '--loki_port',
    String(port),
    '-o',
    file,
  ]);
  vi.restoreAllMocks();
  process.exitCode = undefined;

  const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const env = { SQREAM_PASSWORD: 'pa"ss' };
  const set = ['exporters.loki.encoding=json'];
  const collector = await createCollector(file, { folders: [ownFolder], log, env, set });
  await collector.start();
  try {
    await expect.poll(() => pushes.length, { timeout: 10_000 }).toBeGreaterThan(0);
    const { stream, values } = pushes[0]!.streams[0]!;
    expect(stream).toEqual({ job: 'show_locks', metric: 'show_locks', host: '127.0.0.1', database: 'master' });
    expect(JSON.parse(values[0]![1])).toEqual({ statement_id: 77, port: 5000 });
  } finally {
    await collector.shutdown(AbortSignal.timeout(5000));
    loki.close();
    await worker.close();
    rmSync(folder, { recursive: true });
  }
  expect(worker.wrong).toEqual([]);
});
