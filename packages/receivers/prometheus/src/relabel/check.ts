import type { Problem } from '@millrace/core';
import { isLabelName, type NameValidation } from './labels.ts';
import { compileRegex } from './regex.ts';
import type { RelabelConfig } from './schema.ts';

/** What may be said where it means nothing. */
const defaults: Partial<RelabelConfig> = { separator: ';', replacement: '$1', target_label: '' };

/** What a rule's schema cannot say, each with the key that it is about. */
export function checkRule(config: RelabelConfig, validation: NameValidation): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: string, message: string): void => void problems.push({ path: [key], message });
  const { action, target_label: target } = config;
  const refuse = (keys: readonly (keyof RelabelConfig)[]): void => {
    for (const key of keys)
      if (config[key] !== undefined && config[key] !== defaults[key])
        wrong(key, `${key} does not go with the action ${action}`);
  };
  try {
    compileRegex(String(config.regex ?? ''));
  } catch (error) {
    wrong('regex', `the regex is not one of RE2: ${(error as Error).message}`);
  }
  if (action === 'hashmod' && config.modulus === undefined) wrong('modulus', 'hashmod needs a modulus');
  if (action === 'labeldrop' || action === 'labelkeep')
    refuse(['source_labels', 'target_label', 'modulus', 'separator', 'replacement']);
  else if (action === 'keepequal' || action === 'dropequal') refuse(['regex', 'modulus', 'separator', 'replacement']);
  else if (action === 'lowercase' || action === 'uppercase') refuse(['replacement']);
  if (action === 'labelmap' && config.replacement === '')
    wrong('replacement', 'the replacement is nothing, but labelmap makes the name of a label of it');
  if (['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal'].includes(action)) {
    if (target === undefined || target === '') wrong('target_label', `the action ${action} needs a target_label`);
    else if (!(action === 'replace' && target.includes('$')) && !isLabelName(target, validation))
      wrong('target_label', `${JSON.stringify(target)} cannot be the name of a label`);
  }
  return problems;
}
