import type { ConfigOf, Consumer, Context } from '@millrace/core';
import { credentialsOf, wasNotSent } from '@millrace/http-client';
import { balance } from '../balance/balance.ts';
import { endpointsOf } from '../balance/config.ts';
import { healthOf } from '../balance/health.ts';
import { inTurn } from '../balance/in-turn.ts';
import { resolvedGroup } from '../balance/resolve.ts';
import type { Group, Target } from '../balance/target.ts';
import { fixedGroup, joinedGroup } from '../balance/target.ts';
import { bodies } from '../body.ts';
import { createClient } from './client.ts';
import type { grpcConfig } from './config.ts';
import type { Address } from './endpoint.ts';
import { parseEndpoint } from './endpoint.ts';
import { createSessions } from './sessions.ts';

type Config = ConfigOf<typeof grpcConfig>;

export interface Channels extends Consumer {
  readonly secure: boolean;
  close(signal: AbortSignal): Promise<void>;
}

/** All that batches are sent to: one endpoint, or several with `load_balancing`. */
export function createChannels(config: Config, context: Context): Channels {
  const endpoints = endpointsOf(config).map((endpoint) => ({ endpoint, ...addresses(endpoint, config, context) }));
  const channels = endpoints.map(({ endpoint, group }) => channel(endpoint, group, { config, context }));
  const group = config.load_balancing?.resolve ? joinedGroup(endpoints.map((one) => one.group)) : fixedGroup(channels);
  const isBalanced = (config.endpoints ?? config.load_balancing) !== undefined;
  const out = isBalanced ? balance(group, config, context) : channels[0]!;
  return {
    secure: endpoints.some(({ secure }) => secure),
    consume: (batch, signal) => out.consume(batch, signal),
    close: (signal) => group.close(signal),
  };
}

/** The addresses of an endpoint's name. */
function addresses(text: string, config: Config, context: Context): { group: Group; secure: boolean } {
  const endpoint = parseEndpoint(text);
  const { address } = endpoint;
  const { tls, keepalive, compression, headers, compression_params } = config;
  const secure = endpoint.secure ?? !tls.insecure;
  const host = 'host' in address ? address.host : undefined;
  const send = createClient(
    {
      endpoint: text,
      authority: config.authority ?? tls.server_name_override ?? endpoint.authority,
      secure,
      compression,
      headers,
      credentials: credentialsOf(context, config.auth),
      body: bodies({ encoding: 'proto', compression, compression_params }),
    },
    context,
  );
  const { clock } = context;
  const open = (to: Address): Target => {
    const sessions = createSessions({ address: to, host, secure, tls, keepalive, clock });
    return {
      name: 'path' in to ? to.path : `${to.host}:${to.port}`,
      consume: (batch, signal) => send(sessions, batch, signal),
      close: (signal) => sessions.close(signal),
    };
  };
  const group = 'path' in address ? fixedGroup([open(address)]) : resolvedGroup(address, { open, clock });
  return { group, secure };
}

interface ChannelOptions {
  readonly config: Config;
  readonly context: Context;
}

/** One endpoint: as gRPC has it, a call goes to the next address only if it could not be sent to this one. */
function channel(name: string, group: Group, { config, context: { clock, log } }: ChannelOptions): Target {
  const health = healthOf({ clock, tell: (fields, message) => log.debug(fields, message) });
  const consumer = inTurn(group, { order: config.balancer_name, movesOn: wasNotSent, health });
  return { name, consume: consumer.consume, close: group.close };
}
