import type { Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import { isTenant } from '@millrace/http-client';
import type { Config } from './config.ts';
import { hint } from './labels/hints.ts';

/** The tenant of a record; undefined if it has none of its own, empty if it names one that cannot be. */
export type TenantOf = (resource: Attributes, record: Attributes | undefined) => string | undefined;

/** Undefined if all are for the same. */
export function tenantOf({ tenant, hints }: Config): TenantOf | undefined {
  const { resource: resourceKey, attribute: recordKey } = tenant;
  if (resourceKey === undefined && recordKey === undefined && !hints) return undefined;
  return (resource, record) => {
    const id =
      (hints ? hintedTenant(resource, record) : '') ||
      (recordKey === undefined ? '' : valueText(record?.[recordKey])) ||
      (resourceKey === undefined ? '' : valueText(resource[resourceKey]));
    if (id === '') return tenant.default;
    return isTenant(id) ? id : '';
  };
}

/** The hint says which attribute names the tenant. */
function hintedTenant(resource: Attributes, record: Attributes | undefined): string {
  const key = valueText(resource[hint.tenant] ?? record?.[hint.tenant]);
  return key === '' ? '' : valueText(resource[key]) || valueText(record?.[key]);
}
