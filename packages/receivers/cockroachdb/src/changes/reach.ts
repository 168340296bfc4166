import { describeError } from '@millrace/core';
import type { Reading } from '../cluster/read.ts';
import type { Change } from './record.ts';

/** Endpoints and the cluster as they stop to answer, and answer again. */
export function watchReach(name: string): (reading: Reading) => readonly Change[] {
  const down = new Set<string>();
  let unread = false;

  function ofEndpoints({ probes }: Reading): Change[] {
    return probes.flatMap(({ endpoint, health, error }) => {
      const was = down.has(endpoint.base);
      if (health && was) {
        down.delete(endpoint.base);
        return [answers(endpoint.base)];
      }
      if (health || was) return [];
      down.add(endpoint.base);
      return [
        silent(
          endpoint.base,
          error?.reason ?? '_OTHER',
          error ? describeError(error) : `${endpoint.base} does not answer`,
        ),
      ];
    });
  }

  function ofCluster({ nodes, failure }: Reading): Change[] {
    const was = unread;
    unread = nodes === undefined;
    if (unread === was) return [];
    if (!unread)
      return [{ severity: 'info', body: `Cluster ${name} can be read again.`, eventName: 'cockroachdb.cluster.up' }];
    return [
      {
        severity: 'error',
        body: `Cluster ${name} cannot be read: ${failure ? describeError(failure) : 'nobody answers.'}`,
        eventName: 'cockroachdb.cluster.down',
        attributes: { 'error.type': failure?.reason ?? '_OTHER' },
      },
    ];
  }

  return (reading) => [...ofEndpoints(reading), ...ofCluster(reading)];
}

const answers = (endpoint: string): Change => ({
  severity: 'info',
  body: `${endpoint} answers again.`,
  eventName: 'cockroachdb.probe.up',
  attributes: { 'url.full': endpoint },
});

const silent = (endpoint: string, reason: string, message: string): Change => ({
  severity: 'warning',
  body: message,
  eventName: 'cockroachdb.probe.down',
  attributes: { 'url.full': endpoint, 'error.type': reason },
});
