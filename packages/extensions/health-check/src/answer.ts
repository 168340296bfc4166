import type { CollectorStatus, ExtensionContext } from '@millrace/core';
import type { Config } from './config.ts';
import type { Health } from './health.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

const json = (status: number, value: object): Answer => ({
  status,
  body: `${JSON.stringify(value)}\n`,
  contentType: 'application/json',
});
const text = (status: number, body: string): Answer => ({ status, body, contentType: 'text/plain; charset=utf-8' });

export interface Asked {
  readonly path: string;
  readonly verbose: boolean;
}

/** Undefined for a path at which there is nothing. */
export function createAnswers(
  { path: ownPath, response_body: own }: Config,
  health: Health,
  { clock, status }: Pick<ExtensionContext, 'clock' | 'status'>,
): (asked: Asked) => Answer | undefined {
  const upSince = clock.now();
  const bodies = typeof own === 'string' ? { healthy: own, unhealthy: own } : own;

  function healthAnswer(verbose: boolean): Answer {
    const now = clock.now();
    const current = status();
    health.sample(current, now);
    const troubles = health.troubles(current, now);
    const healthy = troubles.length === 0;
    const code = healthy ? 200 : 503;
    const body = healthy ? bodies?.healthy : bodies?.unhealthy;
    if (body !== undefined) return text(code, body);
    return json(code, {
      status: healthy ? 'Server available' : 'Server not available',
      upSince: new Date(upSince).toISOString(),
      uptime: goDuration(now - upSince),
      ready: current.ready,
      ...(troubles.length > 0 && { troubles }),
      ...(verbose && { exporters: exportersOf(current) }),
    });
  }

  return ({ path, verbose }) => {
    if (path === ownPath) return healthAnswer(verbose);
    if (path === '/live') return text(200, 'live\n');
    if (path === '/ready') return status().ready ? text(200, 'ready\n') : text(503, 'not ready\n');
    return ownPath === '/' ? healthAnswer(verbose) : undefined;
  };
}

const exportersOf = ({ exporters }: CollectorStatus): object =>
  Object.fromEntries(
    [...exporters].map(([component, { lastSuccess, failingSince, lastError, queue }]) => [
      component,
      { lastSuccess: timeOf(lastSuccess), failingSince: timeOf(failingSince), lastError, queue },
    ]),
  );

const timeOf = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

/** As the Collector's answer has it, which Go prints: `1h2m3.5s`. */
function goDuration(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
