import type { Attributes, ScrapedLog } from '@millrace/core';
import type { ContainerEvent } from '../api/events.ts';
import type { Container } from '../containers/container.ts';

/** Events since the scrape before, with their container as it was known, if it was. */
export interface EventLog {
  add(event: ContainerEvent, container: Container | undefined): void;
  /** Takes them out. */
  take(): readonly { readonly event: ContainerEvent; readonly container: Container; readonly log: ScrapedLog }[];
}

/** More than a scrape's events ever are, unless containers come and go in a loop. */
const mostHeld = 10_000;

export function eventLog(dropped: (events: number) => void): EventLog {
  let held: { event: ContainerEvent; container: Container | undefined }[] = [];
  /** Whose memory was full since it was started. */
  const oom = new Set<string>();
  return {
    add(event, container) {
      if (held.length >= mostHeld) return dropped(1);
      held.push({ event, container });
      return undefined;
    },
    take() {
      const taken = held;
      held = [];
      return taken.map(({ event, container }) => {
        if (event.action === 'oom') oom.add(event.id);
        else if (event.action === 'start' || event.action === 'destroy') oom.delete(event.id);
        return { event, container: container ?? containerOf(event), log: logOf(event, oom.has(event.id)) };
      });
    },
  };
}

const done: Readonly<Record<string, string>> = {
  create: 'was created',
  destroy: 'was removed',
  die: 'ended',
  oom: 'ran out of memory',
  pause: 'was paused',
  rename: 'was renamed',
  restart: 'was restarted',
  start: 'was started',
  stop: 'was stopped',
  unpause: 'goes on',
  update: 'was given other limits',
};

const [info, warning, error] = [
  { severityNumber: 9, severityText: 'INFO' },
  { severityNumber: 13, severityText: 'WARN' },
  { severityNumber: 17, severityText: 'ERROR' },
];

/** A log record of an event: `web ended with exit code 137.` */
export function logOf({ action, detail, time, attributes: said }: ContainerEvent, wasOom: boolean): ScrapedLog {
  const name = said['name'] ?? 'A container';
  const attributes: Record<string, string | number> = {};
  let body = `${name} ${done[action] ?? action}`;
  let severity = info;
  if (action === 'die') {
    const code = Number(said['exitCode'] ?? said['containerExitCode'] ?? Number.NaN);
    if (Number.isInteger(code)) {
      attributes['container.exit_code'] = code;
      attributes['container.exit_reason'] = reasonOf(code, wasOom);
      body += ` with exit code ${code}`;
      if (code !== 0) severity = warning;
    }
  } else if (action === 'oom') severity = error;
  else if (action === 'health_status') {
    body = `${name} is ${detail ?? 'of unknown health'}`;
    if (detail !== undefined) attributes['container.health'] = detail;
    if (detail === 'unhealthy') severity = warning;
  } else if (action === 'rename' && said['oldName'] !== undefined) {
    attributes['container.previous_name'] = said['oldName'].replace(/^\//, '');
  }
  return {
    body: `${body}.`,
    time,
    eventName: `container.${action}`,
    ...severity,
    attributes: attributes as Attributes,
  };
}

/** What an exit code says, as shells count them. */
function reasonOf(code: number, wasOom: boolean): string {
  if (code === 0) return 'completed';
  if (wasOom) return 'oom_killed';
  return code > 128 && code < 160 ? 'signal' : 'error';
}

/** What an event itself tells of its container: of one that came and went before it could be inspected, all there is. */
function containerOf({ id, attributes }: ContainerEvent): Container {
  const { name = '', image = '', ...labels } = attributes;
  return {
    id,
    name,
    image,
    labels,
    imageId: undefined,
    hostname: undefined,
    command: [],
    env: new Map(),
    state: 'created',
    pid: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    exitCode: undefined,
    oomKilled: false,
    error: undefined,
    health: undefined,
    restarts: undefined,
    cpuLimit: undefined,
    cpuShares: undefined,
    memoryLimit: undefined,
    hostNetwork: false,
  };
}
