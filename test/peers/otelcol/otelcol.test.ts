import { createServer } from 'node:net';
import { once } from 'node:events';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { otelcolBinary, startOtelcol, telemetrygenBinary } from './index.ts';

const config = (port: number): string => `
receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:${port}' } } } }
exporters: { debug: { verbosity: basic } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } }
`;

describe.skipIf(otelcolBinary() === undefined)('the collector', () => {
  it.skipIf(telemetrygenBinary() === undefined)('runs, takes what telemetrygen sends, and stops', async () => {
    const port = await freePort();
    const collector = await startOtelcol(config(port));
    const { status, stderr } = spawnSync(
      telemetrygenBinary()!,
      ['traces', '--traces=1', '--otlp-insecure', `--otlp-endpoint=127.0.0.1:${port}`],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    await collector.stop();
    expect(collector.log()).toContain('"spans": 2');
  });

  it('says why it does not start', async () => {
    await expect(startOtelcol('receivers: {}')).rejects.toThrow('service must have at least one pipeline');
  });
});

it('does not fail where there is no Go', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'build.ts')], {
    env: { PATH: '/nonexistent' },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout + stderr).toMatch(/is there|There is no `go` on the PATH/);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
