import type { Problem } from '@millrace/core';
import { checkEndpoint, checkExporter, checkTenant } from '@millrace/http-client';
import type { Config } from './config.ts';

const problem = (path: Problem['path'], message: string): Problem => ({ path, message });

export const checkPyroscope = (config: Config): readonly Problem[] => [
  ...checkEndpoint(config.endpoint, { path: ['endpoint'], instead: 'use auth, or headers' }),
  ...checkLabels(config),
  ...checkTenant(config),
  ...checkExporter(config),
];

function checkLabels({ labels }: Config): readonly Problem[] {
  const taken = new Map<string, string>();
  return (['static', 'resource', 'attributes'] as const).flatMap((section) =>
    Object.keys(labels[section]).flatMap((name) => {
      const path = ['labels', section, name];
      const before = taken.get(name);
      taken.set(name, `labels.${section}`);
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('__'))
        return [
          problem(path, `${JSON.stringify(name)} is no name of a label: letters, digits and _, no digit first, no __.`),
        ];
      return before ? [problem(path, `The label ${name} is there already, by ${before}.`)] : [];
    }),
  );
}
