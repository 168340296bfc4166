import { spawnSync } from 'node:child_process';
import { freePort } from '@millrace/core/testing';
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
