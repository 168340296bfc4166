import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { millrace } from './program.ts';

it("serves its own metrics under the collector's names", async () => {
  const free = createServer().listen(0, 'localhost');
  await once(free, 'listening');
  const { port } = free.address() as { port: number };
  free.close();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  writeFileSync(
    join(folder, 'host.yaml'),
    `
receivers:
  procfs: { collection_interval: 100ms, initial_delay: 0s, include: { names: [node] } }
processors:
  filter: { metrics: { exclude: { match_type: strict, metric_names: [process.thread.count] } } }
exporters:
  debug: {}
  otlp: { endpoint: 'localhost:1', tls: { insecure: true }, retry_on_failure: { enabled: false } }
service:
  telemetry: { metrics: { readers: [{ pull: { exporter: { prometheus: { host: localhost, port: ${port} } } } }] } }
  pipelines:
    metrics: { receivers: [procfs], processors: [filter], exporters: [debug, otlp] }
`,
  );
  const program = millrace(['host.yaml'], { cwd: folder });
  const page = async (): Promise<string> => {
    const response = await fetch(`http://localhost:${port}/metrics`).catch(() => undefined);
    return (await response?.text()) ?? '';
  };
  await expect
    .poll(page, { timeout: 10_000 })
    .toMatch(/^otelcol_exporter_send_failed_metric_points\{.*exporter="otlp"/m);
  const text = await page();
  for (const line of [
    /^otelcol_receiver_accepted_metric_points\{receiver="procfs"\} [1-9]/m,
    /^otelcol_scraper_scraped_metric_points\{receiver="procfs",scraper="procfs"\} [1-9]/m,
    /^otelcol_processor_incoming_items\{otel_signal="metrics",processor="filter"\} [1-9]/m,
    /^otelcol_processor_outgoing_items\{otel_signal="metrics",processor="filter"\} [1-9]/m,
    /^otelcol_exporter_sent_metric_points\{exporter="debug"\} [1-9]/m,
    /^otelcol_exporter_queue_capacity\{exporter="otlp"\} 1000$/m,
    /^otelcol_exporter_queue_size\{exporter="otlp"\} \d/m,
    /^otelcol_process_memory_rss \d+$/m,
    /^otelcol_process_cpu_seconds [\d.]+$/m,
    /^millrace_dropped_items\{component="filter",reason="filtered"\} [1-9]/m,
  ])
    expect(text).toMatch(line);
  expect(await program.stop()).toBe(0);
  rmSync(folder, { recursive: true });
});
