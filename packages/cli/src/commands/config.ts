import { checkConfig, loadConfig, pluginsFor, printConfig } from '@millrace/core';
import { out, ownFolder, reportConfigError, say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { terminalExporter } from '../terminal.ts';
import { createScreen } from '../screen.ts';
import type { CommandAction, CommandOptions } from './index.ts';

/** A config read and checked with what is installed; nothing is started. */
export async function readConfig(configs: readonly string[], options: CommandOptions) {
  const raw = await loadConfig(configs, { set: options.set ?? [] });
  const components = [terminalExporter(createScreen(process), { once: false })];
  const plugins = await pluginsFor(raw, { components, folders: [ownFolder] });
  return { checked: await checkConfig(raw, plugins) };
}

/** `millrace validate` */
export const validate: CommandAction = async (configs, options) => {
  try {
    const { checked } = await readConfig(configs, options);
    for (const warning of checked.warnings) say(`warning: ${warning}`);
    out(
      `${configs.join(', ')}: ${checked.pipelines.size} ${checked.pipelines.size === 1 ? 'pipeline' : 'pipelines'}, nothing wrong.`,
    );
    return exitCode.done;
  } catch (error) {
    return reportConfigError(error, options);
  }
};

/** `millrace print-config` */
export const print: CommandAction = async (configs, options) => {
  const { mode = 'redacted', format = 'yaml' } = options;
  try {
    const { checked } = await readConfig(configs, options);
    out(printConfig(checked, { mode, format }).trimEnd());
    return exitCode.done;
  } catch (error) {
    return reportConfigError(error, options);
  }
};
