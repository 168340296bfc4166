import { configJsonSchema, createPlugins, kindOf } from '@millrace/core';
import { out, ownFolder } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { createScreen } from '../screen.ts';
import { terminalExporter } from '../terminal.ts';
import type { CommandAction } from './index.ts';

async function installed() {
  const components = [terminalExporter(createScreen(process), { once: false })];
  return (await createPlugins({ components, folders: [process.cwd(), ownFolder] })).all();
}

/** `millrace components` */
export const components: CommandAction = async () => {
  const definitions = await installed();
  const width = Math.max(...definitions.map(({ type }) => type.length));
  for (const [kind, group] of Map.groupBy(definitions, kindOf)) {
    out(`${kind}s`);
    for (const { type, aliases = [], description } of group.toSorted((a, b) => a.type.localeCompare(b.type)))
      out(`  ${type.padEnd(width)}  ${description}${aliases.length > 0 ? ` (also: ${aliases.join(', ')})` : ''}`);
    out('');
  }
  return exitCode.done;
};

/** `millrace schema` */
export const schema: CommandAction = async () => {
  out(JSON.stringify(configJsonSchema(await installed()), null, 2));
  return exitCode.done;
};
