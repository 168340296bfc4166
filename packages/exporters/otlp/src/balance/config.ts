import type { ConfigOf, Problem } from '@millrace/core';

export const endpointsSchema = {
  type: 'array',
  minItems: 1,
  description: 'Several places to send to, instead of `endpoint`. `load_balancing` says which gets what.',
  items: { type: 'string', minLength: 1, description: 'One of them, written like `endpoint`.' },
} as const;

export const loadBalancingSchema = {
  type: 'object',
  description: 'How data is spread over several endpoints.',
  properties: {
    policy: {
      type: 'string',
      enum: ['round_robin', 'resource', 'trace_id'],
      default: 'round_robin',
      description:
        '`round_robin`: each batch to the next one. `resource`: all data of a resource to the same one. `trace_id`: all spans of a trace to the same one, other signals as `resource`.',
    },
    resolve: {
      type: 'boolean',
      default: false,
      description: 'Take every address that a name resolves to as an endpoint, as of a headless service.',
    },
  },
} as const;

export interface BalanceConfig {
  readonly endpoint?: string | undefined;
  readonly endpoints?: readonly string[] | undefined;
  readonly load_balancing?: ConfigOf<typeof loadBalancingSchema> | undefined;
}

export const endpointsOf = ({ endpoint, endpoints }: BalanceConfig): readonly string[] =>
  endpoints ?? (endpoint === undefined ? [] : [endpoint]);

export function checkBalance({ endpoint, endpoints, load_balancing: balancing }: BalanceConfig): Problem[] {
  if (endpoint !== undefined && endpoints)
    return [{ path: ['endpoints'], message: 'endpoint and endpoints say the same: give one of them.' }];
  if (endpoints && new Set(endpoints).size < endpoints.length)
    return [{ path: ['endpoints'], message: 'An endpoint is there twice.' }];
  if (!balancing || endpoints || (balancing.resolve && endpoint !== undefined)) return [];
  return [
    {
      path: ['load_balancing'],
      message: 'There is one endpoint only: give several as endpoints, or set resolve to true.',
    },
  ];
}
