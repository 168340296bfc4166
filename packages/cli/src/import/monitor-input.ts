/** Seconds between two runs, as the monitor service has them where its file says nothing else. */
export const defaultIntervals: Readonly<Record<string, number>> = {
  show_server_status: 7,
  show_locks: 2,
  get_leveldb_stats: 5,
  show_cluster_nodes: 4,
  get_license_info: 5,
};

/** It clears the server's statistics: the monitor service runs it, and sends nothing of it. */
export const silent = 'reset_leveldb_stats';

const allowed = [...Object.keys(defaultIntervals), silent];

export interface MonitorInput {
  /** Seconds by metric, in the order of the file. */
  readonly intervals: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/** `monitor_input.json`: an object of seconds by metric. */
export function parseMonitorInput(text: string): MonitorInput {
  const problems: string[] = [];
  const intervals = new Map<string, number>();
  for (const [name, seconds] of Object.entries(parseObject(text, problems))) {
    if (!allowed.includes(name))
      problems.push(`${JSON.stringify(name)} is none of the monitor's metrics: there are ${allowed.join(', ')}.`);
    else if (typeof seconds !== 'number' || !(seconds > 0))
      problems.push(`${name} must be a number of seconds above 0, not ${JSON.stringify(seconds)}.`);
    else intervals.set(name, seconds);
  }
  if (problems.length === 0 && intervals.size === 0)
    problems.push(`It names no metric: there are ${allowed.join(', ')}.`);
  return { intervals, problems };
}

function parseObject(text: string, problems: string[]): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    problems.push('It must be a JSON object of seconds by metric: {"show_locks": 2}.');
  } catch (error) {
    problems.push(`It is no JSON: ${(error as Error).message}.`);
  }
  return {};
}
