import type { Context } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { Client, Target } from './client.ts';

/** Asks Datadog whether it knows the keys. Rejects where it cannot be asked; with a PermanentError if it does not know one. */
export async function proveKeys(client: Client, targets: readonly Target[], signal: AbortSignal): Promise<void> {
  const known = await Promise.all(targets.map((target) => client.validate(target, signal)));
  const unknown = targets.filter((_, index) => !known[index]);
  if (unknown.length > 0) throw new PermanentError(unknownKey(unknown));
}

const unknownKey = (targets: readonly Target[]): string =>
  `${targets.map(({ url }) => url.origin).join(', ')} does not know the API key`;

/** The same, of which nothing depends: warns of keys that are wrong. */
export async function checkKeys(
  client: Client,
  targets: readonly Target[],
  { log, signal }: { readonly log: Context['log']; readonly signal: AbortSignal },
): Promise<void> {
  await Promise.all(
    targets.map(async (target) => {
      const isKnown = await client.validate(target, signal).catch(() => true); // The data will tell.
      if (!isKnown) log.warn({ endpoint: target.url.origin }, 'Datadog does not know the API key.');
    }),
  );
}
