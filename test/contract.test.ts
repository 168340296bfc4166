import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AnyDefinition, createCollector, createPlugins, kindOf } from '@millrace/core';
import { checkDefinition } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const folders = globSync('packages/{receivers,processors,exporters,connectors,extensions}/*/package.json', {
  cwd: root,
}).map((file) => join(root, dirname(file)));

type Section = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
type Example = Readonly<Partial<Record<`${string}s`, Section>>> & {
  readonly service?: { readonly pipelines?: Readonly<Record<string, { readonly receivers?: readonly string[] }>> };
};

/** What the host reads, by kind: not for `create`. */
const reserved: Readonly<Partial<Record<AnyDefinition['kind'], readonly string[]>>> = {
  scraper: ['collection_interval', 'initial_delay', 'timeout', 'metrics'],
  exporter: ['timeout', 'sending_queue', 'retry_on_failure'],
};

for (const folder of folders) {
  const module = (await import(pathToFileURL(join(folder, 'src/index.ts')).href)) as {
    default: AnyDefinition | AnyDefinition[];
  };
  const definitions = [module.default].flat();
  const example = join(folder, 'example.yaml');

  describe(folder.slice(root.length + 1), () => {
    it('has what every component has', () => {
      for (const name of ['package.json', 'README.md', 'example.yaml', 'src/index.ts'])
        expect(existsSync(join(folder, name)), name).toBe(true);
    });

    it('its example runs', async () => {
      const collector = await createCollector(example, { folders: [root], log: quiet });
      await collector.start();
      await collector.shutdown(AbortSignal.timeout(2000));
    });

    describe.each(definitions.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
      // What the example says of the component, without the keys that are the host's.
      const { service, ...sections } = parse(readFileSync(example, 'utf8')) as Example;
      const section = sections[`${kindOf(definition)}s`] ?? {};
      const [, written] = Object.entries(section).find(([id]) => id.split('/', 1)[0] === type) ?? [];
      const hosts = reserved[definition.kind] ?? [];
      const config = Object.fromEntries(Object.entries(written ?? {}).filter(([key]) => !hosts.includes(key)));

      it('is in the example', () => expect(Object.keys(section).map((id) => id.split('/', 1)[0])).toContain(type));
      const begun = Object.entries(service?.pipelines ?? {}).flatMap(([id, { receivers = [] }]) =>
        receivers.some((receiver) => receiver.split('/', 1)[0] === type) ? [id] : [],
      );
      const pipelines = definition.kind === 'connector' ? { pipelines: begun } : {};
      for (const { name, run } of checkDefinition(definition, { config, ...pipelines })) it(name, run);
    });
  });
}

it('no two components of a kind have the same type', async () => {
  const all = await (await createPlugins({ folders: [root] })).all();
  const names = all.map((definition) => `${kindOf(definition)} ${definition.type}`);
  expect(new Set(names).size).toBe(names.length);
});

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
