import type { Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import { isTenant } from '@millrace/http-client';
import type { Config } from './config.ts';

/** The tenant of a resource; undefined if it has none, empty if it names one that cannot be. */
export function tenantOf({ tenant }: Pick<Config, 'tenant'>, resource: Attributes): string | undefined {
  const named = tenant.resource === undefined ? '' : valueText(resource[tenant.resource]);
  if (named === '') return tenant.default;
  return isTenant(named) ? named : '';
}
