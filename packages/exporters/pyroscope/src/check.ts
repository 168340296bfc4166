import type { Problem } from '@millrace/core';
import { checkEndpoint, checkHeaders, checkProxy, checkTls } from '@millrace/http-client';
import type { Config } from './config.ts';
import { isTenant } from './tenant.ts';

const problem = (path: Problem['path'], message: string): Problem => ({ path, message });

export const checkPyroscope = (config: Config): readonly Problem[] => [
  ...checkEndpoint(config.endpoint, { path: ['endpoint'], instead: 'use auth, or headers' }),
  ...checkLabels(config),
  ...checkTenant(config),
  ...checkTls(config.tls),
  ...checkHeaders(config.headers),
  ...checkProxy(config.proxy_url, undefined),
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

function checkTenant({ tenant, headers }: Config): readonly Problem[] {
  const problems: Problem[] = [];
  if (tenant.default !== undefined && !isTenant(tenant.default))
    problems.push(
      problem(['tenant', 'default'], "A tenant has letters, digits and !-_.*'() only, at most 150 of them."),
    );
  if (tenant.default !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === 'x-scope-orgid'))
    problems.push(problem(['tenant', 'default'], 'The header X-Scope-OrgID says the tenant too: give one of them.'));
  return problems;
}
