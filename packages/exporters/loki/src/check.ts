import type { Problem } from '@millrace/core';
import { checkCompression, checkEndpoint, checkExporter, checkTenant } from '@millrace/http-client';
import type { Config } from './config.ts';
import { defaultLabels } from './labels/choose.ts';

const problem = (path: Problem['path'], message: string): Problem => ({ path, message });

export const checkLoki = (config: Config): readonly Problem[] => [
  ...checkEndpoint(config.endpoint, { path: ['endpoint'], instead: 'use auth, or headers' }),
  ...(config.encoding === 'otlp' ? checkOtlp(config) : checkLabels(config)),
  ...checkTenant(config),
  ...checkExporter(config),
  ...checkCompression(config),
];

/** Loki chooses the labels itself, by its `otlp_config`. */
const checkOtlp = ({ labels, default_labels_enabled: defaults }: Config): readonly Problem[] => [
  ...(labels
    ? [problem(['labels'], 'labels are chosen by Loki with encoding: otlp, by its limits_config.otlp_config.')]
    : []),
  ...(Object.values(defaults).includes(true)
    ? [problem(['default_labels_enabled'], 'default_labels_enabled does not go with encoding: otlp.')]
    : []),
];

function checkLabels(config: Config): readonly Problem[] {
  const { labels = { static: {}, resource: {}, attributes: {} }, limits } = config;
  const taken = new Map(defaultLabels(config).map((name) => [name, 'default_labels_enabled']));
  const problems: Problem[] = [];
  for (const section of ['static', 'resource', 'attributes'] as const)
    for (const name of Object.keys(labels[section])) {
      const path = ['labels', section, name];
      const before = taken.get(name);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('__'))
        problems.push(
          problem(path, `${JSON.stringify(name)} is no name of a label: letters, digits and _, no digit first, no __.`),
        );
      else if (before) problems.push(problem(path, `The label ${name} is there already, by ${before}.`));
      taken.set(name, `labels.${section}`);
    }
  const max = limits.max_label_names_per_series;
  if (max > 0 && taken.size > max)
    problems.push(problem(['labels'], `${taken.size} labels are more than limits.max_label_names_per_series, ${max}.`));
  return problems;
}
