import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@millrace/core/testing';

const found = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;

export const hasPrometheus = found('prometheus') && found('promtool');
if (!hasPrometheus)
  console.warn('SKIPPED: prometheus and promtool are not installed (Debian: apt-get install prometheus).');

export interface Prometheus {
  readonly api: string;
  /** All that it has said so far. */
  log(): string;
  stop(): Promise<void>;
}

/** A real one that scrapes these pages every second, each as the job of its name. */
export async function startPrometheus(pages: ReadonlyMap<string, string>): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'));
  const jobs = [...pages].map(([name, url]) => ({
    job_name: name,
    static_configs: [{ targets: [new URL(url).host] }],
  }));
  const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=localhost:${port}`,
      '--log.level=debug',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  return {
    api: `http://localhost:${port}/api/v1`,
    log: () => log,
    async stop() {
      child.kill();
      await once(child, 'close');
      rmSync(folder, { recursive: true });
    },
  };
}

/** What `promtool check metrics` says of a page, by lines. */
export function complaintsOf(page: string): string[] {
  const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
}
