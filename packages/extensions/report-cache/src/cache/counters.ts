import type { Context } from '@millrace/core';

export interface Levels {
  readonly reports: number;
  readonly bytes: number;
  readonly clusters: number;
  readonly subscribers: number;
}

/** Metrics of the cache's own. Returns what counts reports that subscribers did not get, and what ends the others. */
export function createCounters(
  { id, meter }: Context,
  levels: () => Levels,
): { missed(count: number): void; stop(): void } {
  const attributes = { component: id };
  const gauges = [
    ['reports', '{report}', 'Reports that are held.'],
    ['bytes', 'By', 'Memory that these reports take.'],
    ['clusters', '{cluster}', 'Clusters of which there are reports.'],
    ['subscribers', '{subscriber}', 'Clients that are subscribed.'],
  ] as const;
  const stops = gauges.map(([name, unit, description]) => {
    const gauge = meter.createObservableGauge(`millrace_report_cache_${name}`, { unit, description });
    const observe: Parameters<typeof gauge.addCallback>[0] = (result) => result.observe(levels()[name], attributes);
    gauge.addCallback(observe);
    return () => gauge.removeCallback(observe);
  });
  const missed = meter.createCounter('millrace_report_cache_missed_reports', {
    unit: '{report}',
    description: 'Reports that subscribers did not get, because they were too slow or came too late.',
  });
  return {
    missed: (count) => missed.add(count, attributes),
    stop: () => stops.forEach((stop) => stop()),
  };
}
