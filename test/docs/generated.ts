import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configJsonSchema, createPlugins } from '@millrace/core';
import { createScreen } from '../../packages/cli/src/screen.ts';
import { terminalExporter } from '../../packages/cli/src/terminal.ts';
import { componentTables } from './tables.ts';

const root = join(import.meta.dirname, '../..');

export interface Generated {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Every file that is made from the definitions: as it is, and as it should be. */
export async function generated(): Promise<readonly Generated[]> {
  const files: Generated[] = [];
  for (const file of globSync('packages/{receivers,processors,exporters,connectors,extensions}/*/README.md', {
    cwd: root,
  })) {
    const path = join(root, file);
    const before = readFileSync(path, 'utf8');
    files.push({ path, before, after: await componentTables(dirname(path), before) });
  }
  const components = [terminalExporter(createScreen(process), { once: false })];
  const definitions = await (await createPlugins({ components, folders: [join(root, 'packages/cli')] })).all();
  const path = join(root, 'pipelines/schema.json');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  files.push({ path, before, after: `${JSON.stringify(configJsonSchema(definitions), null, 1)}\n` });
  return files;
}
