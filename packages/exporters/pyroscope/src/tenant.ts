import type { Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import type { Config } from './config.ts';

/** What Pyroscope takes: https://grafana.com/docs/pyroscope/latest/configure-server/about-tenant-ids/ */
export const isTenant = (text: string): boolean =>
  /^[A-Za-z0-9!\-_.*'()]{1,150}$/.test(text) && text !== '.' && text !== '..';

/** The tenant of a resource; undefined if it has none, empty if it names one that cannot be. */
export function tenantOf({ tenant }: Pick<Config, 'tenant'>, resource: Attributes): string | undefined {
  const named = tenant.resource === undefined ? '' : valueText(resource[tenant.resource]);
  if (named === '') return tenant.default;
  return isTenant(named) ? named : '';
}
