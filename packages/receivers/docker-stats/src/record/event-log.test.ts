import { describe, expect, it } from 'vitest';
import type { ContainerEvent } from '../api/events.ts';
import { eventLog } from './event-log.ts';

const event = (action: string, attributes: Record<string, string> = {}, detail?: string): ContainerEvent => ({
  id: 'a',
  action,
  detail,
  time: 1000,
  next: '1.000000001',
  attributes: { name: 'web', image: 'shop/web', ...attributes },
});

function logs(...events: ContainerEvent[]) {
  const log = eventLog(() => {});
  for (const one of events) log.add(one, undefined);
  return log.take().map((one) => one.log);
}

describe('the log record of an event', () => {
  it.each([
    { said: event('start'), body: 'web was started.', severity: 'INFO', attributes: {} },
    {
      said: event('die', { exitCode: '0' }),
      body: 'web ended with exit code 0.',
      severity: 'INFO',
      attributes: { 'container.exit_code': 0, 'container.exit_reason': 'completed' },
    },
    {
      said: event('die', { exitCode: '3' }),
      body: 'web ended with exit code 3.',
      severity: 'WARN',
      attributes: { 'container.exit_code': 3, 'container.exit_reason': 'error' },
    },
    {
      said: event('die', { containerExitCode: '143' }),
      body: 'web ended with exit code 143.',
      severity: 'WARN',
      attributes: { 'container.exit_code': 143, 'container.exit_reason': 'signal' },
    },
    { said: event('die'), body: 'web ended.', severity: 'INFO', attributes: {} },
    { said: event('oom'), body: 'web ran out of memory.', severity: 'ERROR', attributes: {} },
    {
      said: event('health_status', {}, 'unhealthy'),
      body: 'web is unhealthy.',
      severity: 'WARN',
      attributes: { 'container.health': 'unhealthy' },
    },
    {
      said: event('health_status', {}, 'healthy'),
      body: 'web is healthy.',
      severity: 'INFO',
      attributes: { 'container.health': 'healthy' },
    },
    {
      said: event('rename', { oldName: '/shop' }),
      body: 'web was renamed.',
      severity: 'INFO',
      attributes: { 'container.previous_name': 'shop' },
    },
  ])('$body', ({ said, body, severity, attributes }) => {
    expect(logs(said)).toEqual([
      {
        body,
        time: 1000,
        eventName: `container.${said.action}`,
        severityNumber: { INFO: 9, WARN: 13, ERROR: 17 }[severity],
        severityText: severity,
        attributes,
      },
    ]);
  });

  it('tells that a container was killed for want of memory, until it is started again', () => {
    const died = event('die', { exitCode: '137' });
    expect(
      logs(event('oom'), died, event('start'), died).map(({ attributes }) => attributes?.['container.exit_reason']),
    ).toEqual([undefined, 'oom_killed', undefined, 'signal']);
  });

  it('is of what the event tells, where the container was never inspected', () => {
    const log = eventLog(() => {});
    log.add(event('die', { team: 'core' }), undefined);
    expect(log.take()[0]!.container).toMatchObject({
      id: 'a',
      name: 'web',
      image: 'shop/web',
      labels: { team: 'core' },
    });
    expect(log.take()).toEqual([]);
  });

  it('is dropped, and counted, where there are too many', () => {
    let dropped = 0;
    const log = eventLog((events) => (dropped += events));
    for (let index = 0; index < 10_005; index++) log.add(event('start'), undefined);
    expect(dropped).toBe(5);
    expect(log.take()).toHaveLength(10_000);
  });
});
