import type { Problem } from '@millrace/core';
import { type Headers, lowerCase } from './headers.ts';

/** By which Grafana's servers are told whose data it is. */
export const tenantHeader = 'x-scope-orgid';

/** What they take: https://grafana.com/docs/loki/latest/operations/multi-tenancy/ */
export const isTenant = (text: string): boolean =>
  /^[A-Za-z0-9!\-_.*'()]{1,150}$/.test(text) && text !== '.' && text !== '..';

export interface TenantConfig {
  readonly tenant: { readonly default?: string | undefined };
  readonly headers: Headers;
}

export function checkTenant({ tenant, headers }: TenantConfig): Problem[] {
  if (tenant.default === undefined) return [];
  const path = ['tenant', 'default'];
  const problems: Problem[] = [];
  if (!isTenant(tenant.default))
    problems.push({ path, message: "A tenant has letters, digits and !-_.*'() only, at most 150 of them." });
  if (tenantHeader in lowerCase(headers))
    problems.push({ path, message: 'The header X-Scope-OrgID says the tenant too: give one of them.' });
  return problems;
}

/** What of these headers must not be in messages: a tenant may. */
export function withoutTenant(headers: Headers): Headers {
  const { [tenantHeader]: _tenant, ...others } = lowerCase(headers);
  return others;
}
