import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { configJsonSchema, createCollector, createPlugins, type Logger } from '@millrace/core';
import { Ajv, type ValidateFunction } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { terminalExporter } from '../packages/cli/src/terminal.ts';
import { createScreen } from '../packages/cli/src/screen.ts';

const root = join(import.meta.dirname, '..');
const folders = [join(root, 'packages/cli')];
const components = [terminalExporter(createScreen(process), { once: false })];
const log: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const shipped = globSync('{pipelines/*.yaml,packages/*/*/example.yaml,examples/*.yaml}', { cwd: root });

const place = mkdtempSync(join(tmpdir(), 'millrace-pipelines-'));
const env = {
  MILLRACE_CERTS: place,
  MILLRACE_STATE: place,
  MILLRACE_GRPC: 'localhost:0',
  MILLRACE_HTTP: 'localhost:0',
  MILLRACE_HEALTH: 'localhost:0',
  MILLRACE_AGGREGATOR: 'localhost:0',
  MILLRACE_REPORTS: 'localhost:0',
  DD_URL: 'http://localhost:1',
  MINI_COLLECTOR_CONTAINER_ID: 'c0ffee00'.repeat(8),
  MINI_COLLECTOR_ENVIRONMENT_NAME: 'production',
  MINI_COLLECTOR_SERVICE_NAME: 'web',
};
beforeAll(() => execFileSync('sh', [join(root, 'examples/two-tier/certificates.sh'), place]));
afterAll(() => rmSync(place, { recursive: true }));

let validate: ValidateFunction;
beforeAll(async () => {
  const definitions = await (await createPlugins({ folders, components })).all();
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true });
  validate = ajv.compile(configJsonSchema(definitions));
}, 60_000);

describe.each(shipped)('%s', (file) => {
  it('starts and ends', async () => {
    const { exporters } = parse(readFileSync(join(root, file), 'utf8')) as { exporters: Record<string, unknown> };
    const set = 'prometheus' in exporters ? ['exporters.prometheus.endpoint=localhost:0'] : [];
    const collector = await createCollector(join(root, file), { folders, components, log, set, env });
    expect(collector.config.warnings).toEqual([]);
    await collector.start();
    await collector.shutdown(AbortSignal.timeout(1000));
  });

  it.skipIf(basename(file) === 'my-receiver.yaml')('fits the schema that `millrace schema` prints', () => {
    expect(validate(parse(readFileSync(join(root, file), 'utf8'))), JSON.stringify(validate.errors)).toBe(true);
  });
});
