import type { Consumer, Context } from '@millrace/core';
import { isPermanent } from '@millrace/core';
import { byHash } from './by-hash.ts';
import type { BalanceConfig } from './config.ts';
import { healthOf } from './health.ts';
import { inTurn } from './in-turn.ts';
import type { Group } from './target.ts';

/** Spreads batches over the endpoints of a group, as `load_balancing` says. */
export function balance(group: Group, { load_balancing: config }: BalanceConfig, context: Context): Consumer {
  const { clock, log } = context;
  const health = healthOf({ clock, tell: (fields, message) => log.warn(fields, message) });
  const policy = config?.policy ?? 'round_robin';
  if (policy !== 'round_robin') return byHash(group, { key: policy, health, context });
  return inTurn(group, { order: 'round_robin', movesOn: (error) => !isPermanent(error), health });
}
