import type { ListenOptions, Server } from 'node:net';
import { PermanentError } from './errors.ts';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there. Stop it, or set endpoint to another port; port 0 takes one that is free',
  EACCES: 'this user may not listen there. Set endpoint to a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address. Set endpoint to one that it has, or to 0.0.0.0 for all',
  ENOTFOUND: 'the host is not known. Set endpoint to an address of this machine',
};

/**
 * Resolves when the server listens; an empty host means all addresses. Rejects with a PermanentError: what failed (`Cannot
 * serve metrics on localhost:9464`), why, and what to do about it.
 */
export function listen(server: Server, { host, ...where }: ListenOptions, failed: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const reason = reasons[error.code ?? ''];
      reject(
        reason === undefined
          ? new PermanentError(failed, { cause: error })
          : new PermanentError(`${failed}: ${reason}.`),
      );
    };
    server.once('error', onError);
    server.listen({ ...where, ...(host && { host }) }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
