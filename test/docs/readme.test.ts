import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createCollector, createPlugins, load } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generated } from './generated.ts';

const root = join(import.meta.dirname, '../..');
const readmes = globSync('{README.md,packages/*/README.md,packages/*/*/README.md}', { cwd: root });
const components = readmes.filter((file) =>
  /^packages\/(receivers|processors|exporters|connectors|extensions)\//.test(file),
);

const files = await generated();
const definitions = await (await createPlugins({ folders: [join(root, 'packages/cli')] })).all();

describe('README', () => {
  it.each(files)('$path is what its definitions make of it (npm run docs)', ({ before, after }) => {
    expect(before).toBe(after);
  });

  it.each(readmes)('%s links to what is there', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
      resolve(root, dirname(file), link!),
    );
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });

  it('every YAML of the front page is a config that starts', async () => {
    const state = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```yaml\n([^]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(1);
    for (const [, yaml] of blocks) {
      const elsewhere = yaml!
        .replaceAll(/(?:localhost|0\.0\.0\.0):\d+/g, 'localhost:0')
        .replace('health_check: {}', 'health_check: { endpoint: localhost:0 }')
        .replace('./state', state);
      const collector = await createCollector(parse(elsewhere) as Record<string, unknown>, { folders: [root], log });
      expect(collector.config.warnings).toEqual([]);
      await collector.start();
      await collector.shutdown(AbortSignal.timeout(1_000));
    }
    rmSync(state, { recursive: true });
  });

  it.each(components)('%s: every YAML block of component sections is valid', async (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, yaml] of text.matchAll(/```yaml\n([^]*?)```/g)) {
      const sections = parse(yaml!) as Record<string, Record<string, unknown>> | null;
      if (!sections || !Object.keys(sections).some((key) => key in empty)) continue;
      await load(completed(sections), { folders: [root], env: {} });
    }
  });
});

const empty = { receivers: {}, processors: {}, exporters: {} };
type Sections = Readonly<Record<string, Record<string, unknown>>>;

/** A README's excerpt made a whole config: with a neighbour where a kind is missing, in a pipeline of a signal that all take. */
function completed(sections: Sections): Record<string, unknown> {
  const { service } = sections;
  if (service?.['pipelines']) return sections;
  const signal = takesMetrics(sections) ? 'metrics' : 'logs';
  const receivers =
    sections['receivers'] ?? (signal === 'metrics' ? { procfs: {} } : { file_log: { include: ['*.log'] } });
  const exporters = sections['exporters'] ?? { debug: {} };
  const processors = sections['processors'] ?? {};
  const pipeline = {
    receivers: Object.keys(receivers),
    processors: Object.keys(processors),
    exporters: Object.keys(exporters),
  };
  const storage = JSON.stringify(sections).includes('"storage":"file_storage"');
  const extensions = { ...(storage && { file_storage: { directory: '.' } }), ...sections['extensions'] };
  return {
    ...sections,
    receivers,
    processors,
    exporters,
    extensions,
    service: { extensions: Object.keys(extensions), ...service, pipelines: { [signal]: pipeline } },
  };
}

/** Whether every component of the excerpt takes, or gives, metrics. */
function takesMetrics(sections: Sections): boolean {
  return Object.entries(empty).every(([section]) =>
    Object.keys(sections[section] ?? {}).every((id) => {
      const type = id.split('/')[0];
      const definition = definitions.find(
        (one) =>
          `${one.kind === 'scraper' ? 'receiver' : one.kind}s` === section &&
          (one.type === type || one.aliases?.includes(type!)),
      );
      return !definition || !('signals' in definition) || (definition.signals as readonly string[]).includes('metrics');
    }),
  );
}
