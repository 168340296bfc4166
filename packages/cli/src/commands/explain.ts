import { access, readFile } from 'node:fs/promises';
import { resolveConfig } from '@millrace/core';
import subgroup, {
  explain as explainProcess,
  loadRules,
  processFromText,
  type RulesConfig,
} from '@millrace/processor-subgroup';
import { out, reportConfigError, say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { readConfig } from './config.ts';
import type { CommandAction, CommandOptions } from './index.ts';

/** `millrace explain <name or command line>` */
export const explain: CommandAction = async (words, options) => {
  let rules: readonly (readonly [string, RulesConfig])[];
  try {
    rules = await rulesOf(options);
  } catch (error) {
    return reportConfigError(error, options);
  }
  if (rules.length === 0) {
    say(`${options.config} has no subgroup processor.`);
    return exitCode.badConfig;
  }
  const text = words.join(' ');
  for (const [id, config] of rules) {
    const { group, subgroup: own, rule, overridden } = explainProcess(loadRules(config), await attributesOf(text));
    out(`${text}: ${group}/${own}${rules.length > 1 ? ` (${id})` : ''}`);
    out(rule ? `  because ${rule.reasons.join(' and ')} (${rule.origin})` : '  because no rule matches');
    for (const lost of overridden)
      out(`  instead of ${lost.group}/${lost.subgroup}: ${lost.reasons.join(' and ')} (${lost.origin})`);
  }
  return exitCode.done;
};

async function rulesOf(options: CommandOptions): Promise<readonly (readonly [string, RulesConfig])[]> {
  if (!options.config) return [['subgroup', resolveConfig(subgroup.config, {})]];
  const { checked } = await readConfig([options.config], options);
  return [...checked.processors.values()]
    .filter(({ definition }) => definition.type === 'subgroup')
    .map(({ id, config }) => [id, config as unknown as RulesConfig]);
}

/** A number that is a process's id stands for that process's command line. */
async function attributesOf(text: string) {
  if (
    !/^\d+$/.test(text) ||
    !(await access(`/proc/${text}`).then(
      () => true,
      () => false,
    ))
  )
    return processFromText(text);
  const commandLine = (await readFile(`/proc/${text}/cmdline`, 'utf8').catch(() => '')).split('\0').join(' ').trim();
  const comm = (await readFile(`/proc/${text}/comm`, 'utf8').catch(() => '')).trim();
  return { ...processFromText(commandLine || comm), 'process.executable.name': comm };
}
