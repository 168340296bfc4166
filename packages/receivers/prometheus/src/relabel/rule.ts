import { createHash } from 'node:crypto';
import { lowerCase, upperCase } from './case.ts';
import { isLabelName, type LabelMap, type NameValidation, setLabel } from './labels.ts';
import { compileRegex, type Regex } from './regex.ts';
import type { RelabelConfig } from './schema.ts';
import { expand, readTemplate } from './template.ts';

/** Changes the labels; false: what has them is dropped. */
export type Rule = (labels: LabelMap) => boolean;

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config. Throws a SyntaxError of its regex. */
export function compileRule(config: RelabelConfig, validation: NameValidation): Rule {
  const { source_labels: sources = [], target_label: target = '' } = config;
  const separator = String(config.separator ?? ';');
  const replacement = String(config.replacement ?? '$1');
  const regex = compileRegex(String(config.regex ?? '(.*)'));
  const valueOf = (labels: LabelMap): string => sources.map((name) => labels.get(name) ?? '').join(separator);

  switch (config.action) {
    case 'keep':
      return (labels) => regex.test(valueOf(labels));
    case 'drop':
      return (labels) => !regex.test(valueOf(labels));
    case 'keepequal':
      return (labels) => (labels.get(target) ?? '') === valueOf(labels);
    case 'dropequal':
      return (labels) => (labels.get(target) ?? '') !== valueOf(labels);
    case 'labeldrop':
      return filterNames((name) => !regex.test(name));
    case 'labelkeep':
      return filterNames((name) => regex.test(name));
    case 'lowercase':
      return writing(target, (labels) => lowerCase(valueOf(labels)));
    case 'uppercase':
      return writing(target, (labels) => upperCase(valueOf(labels)));
    case 'hashmod': {
      const modulus = BigInt(config.modulus ?? 1);
      return writing(target, (labels) => String(hashOf(valueOf(labels)) % modulus));
    }
    case 'labelmap':
      return labelMap(regex, replacement);
    case 'replace': {
      const name = readTemplate(target);
      const value = readTemplate(replacement);
      return (labels) => {
        const groups = regex.exec(valueOf(labels));
        if (!groups) return true;
        const written = expand(name, groups, regex.names);
        if (isLabelName(written, validation)) setLabel(labels, written, expand(value, groups, regex.names));
        return true;
      };
    }
  }
}

/** One after the other, until one drops. */
export function compileRules(configs: readonly RelabelConfig[], validation: NameValidation): Rule {
  const rules = configs.map((config) => compileRule(config, validation));
  return (labels) => rules.every((rule) => rule(labels));
}

const writing =
  (target: string, value: (labels: LabelMap) => string): Rule =>
  (labels) => {
    setLabel(labels, target, value(labels));
    return true;
  };

const filterNames =
  (isKept: (name: string) => boolean): Rule =>
  (labels) => {
    for (const name of [...labels.keys()]) if (!isKept(name)) labels.delete(name);
    return true;
  };

function labelMap(regex: Regex, replacement: string): Rule {
  const template = readTemplate(replacement);
  return (labels) => {
    // Sorted, so that it does not depend on where labels come from which of two gets a name that both want.
    for (const [name, value] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const groups = regex.exec(name);
      if (groups) setLabel(labels, expand(template, groups, regex.names), value);
    }
    return true;
  };
}

/** The last eight bytes of the MD5, as Prometheus has it. */
const hashOf = (text: string): bigint => createHash('md5').update(text).digest().readBigUInt64BE(8);
