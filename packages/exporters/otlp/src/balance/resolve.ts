import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock, HostPort } from '@millrace/core';
import { describeError } from '@millrace/core';
import { NoAnswer } from '@millrace/http-client';
import type { Group, Target } from './target.ts';
import { fixedGroup } from './target.ts';

/** How long the addresses of a name are taken to be right, unless one of them fails. */
const freshMs = 30_000;
/** A name whose addresses fail is not asked for more often than this. */
const pauseMs = 1_000;
/** What is under way to an address that is gone may end within this. */
const graceMs = 30_000;

export interface ResolveOptions {
  open(address: HostPort): Target;
  readonly clock: Clock;
  readonly lookup?: (host: string) => Promise<readonly { readonly address: string }[]>;
}

const system = (host: string): Promise<readonly { readonly address: string }[]> => dnsLookup(host, { all: true });

/** A target for each address of the name, looked up again every 30 s and when one fails. An address is its own. */
export function resolvedGroup({ host, port }: HostPort, { open, clock, lookup = system }: ResolveOptions): Group {
  if (isIP(host) !== 0) return fixedGroup([open({ host, port })]);
  const byAddress = new Map<string, Target>();
  let targets: readonly Target[] = [];
  let askedAt = -Infinity;
  let asking: Promise<void> | undefined;
  let closed = false;

  async function ask(): Promise<void> {
    askedAt = clock.now();
    const found = new Set((await lookup(host)).map(({ address }) => address));
    if (closed) return;
    if (found.size === 0) throw new Error('it has no address');
    for (const [address, target] of byAddress) {
      if (found.has(address)) continue;
      byAddress.delete(address);
      void target.close(AbortSignal.timeout(graceMs));
    }
    for (const address of found) if (!byAddress.has(address)) byAddress.set(address, open({ host: address, port }));
    targets = [...byAddress.values()];
  }

  function refresh(): Promise<void> {
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  }

  /** The addresses that are known serve on where the name cannot be looked up. */
  const refreshAside = (olderThanMs: number): void => {
    if (!asking && clock.now() - askedAt >= olderThanMs) refresh().catch(() => {});
  };

  return {
    targets() {
      if (targets.length > 0) {
        refreshAside(freshMs);
        return targets;
      }
      return refresh().then(
        () => targets,
        (error: unknown) => {
          throw new NoAnswer(`${host} cannot be looked up: ${describeError(error)}`, { sent: false });
        },
      );
    },
    renew: () => refreshAside(pauseMs),
    async close(signal) {
      closed = true;
      await Promise.all([...byAddress.values()].map((target) => target.close(signal)));
    },
  };
}
