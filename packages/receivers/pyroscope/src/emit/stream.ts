import {
  type Attributes,
  type Batch,
  hrTime,
  logsBatch,
  metricsBatch,
  type Metadata,
  type MetricData,
  originMetadata,
  profilesBatch,
  type Signal,
} from '@millrace/core';
import { encodeProfiles } from '@millrace/otlp-profiles';
import type { Profile } from '@millrace/pprof';
import type { Config } from '../config/schema.ts';
import { filtered, type Views } from './functions.ts';
import { metricsMaker, type Span } from './metrics.ts';
import { reportOf } from './report.ts';
import { scope } from './scope.ts';

/** Where profiles come from that belong together: a query, or a profile of a target. */
export interface StreamOptions {
  readonly resource: Attributes;
  /** `profile.type`: `cpu`, `process_cpu:cpu:nanoseconds:cpu:nanoseconds`, `mutex`. */
  readonly profileType: string;
  /** Sample types that make no metrics. */
  readonly leftOut: ReadonlySet<string>;
}

export interface PulledProfile extends Span {
  readonly profile: Profile;
  readonly observedMs: number;
  /** Of what may be handed on again, after a crash: which this is, counting up, and of what. */
  readonly origin?: { readonly source: string; readonly sequence: number; readonly attempt: string } | undefined;
}

export interface Stream {
  /** A batch of each signal that a pipeline takes; each is made when it is its turn. */
  batches(pulled: PulledProfile): Iterable<Batch>;
  /** The ends of series that do not end by themselves. */
  end(timeMs: number): Iterable<Batch>;
}

export interface StreamHost {
  readonly config: Pick<Config, 'functions' | 'report'>;
  /** Whether a pipeline takes it: what none takes is not made. */
  wants(signal: Signal): boolean;
}

export function createStream(
  { config, wants }: StreamHost,
  { resource: attributes, profileType, leftOut }: StreamOptions,
): Stream {
  const resource = { attributes: Object.freeze(attributes) };
  const maker = metricsMaker({ limit: config.functions.limit, profileType, leftOut });
  const typeAttributes: Attributes = Object.freeze({ 'profile.type': profileType });
  const ofMetrics = (metrics: readonly MetricData[], metadata?: Metadata): Batch[] =>
    metrics.length > 0 ? [metricsBatch([{ resource, scopeMetrics: [{ scope, metrics }] }], metadata)] : [];

  function logOf(views: Views, { startMs, endMs, observedMs }: PulledProfile, metadata: Metadata | undefined): Batch[] {
    const service = String(attributes['service.name'] ?? 'Profile');
    const body = reportOf(views, config, { service, profileType, startMs, endMs });
    if (body === undefined) return [];
    const record = {
      time: hrTime(endMs),
      observedTime: hrTime(observedMs),
      severityNumber: 9,
      severityText: 'INFO',
      eventName: 'profile.report',
      body,
      attributes: typeAttributes,
    };
    return [logsBatch([{ resource, scopeLogs: [{ scope, logRecords: [record] }] }], metadata)];
  }

  return {
    *batches(pulled) {
      const { profile, origin } = pulled;
      const metadataOf = (signal: Signal): Metadata | undefined =>
        origin && originMetadata({ ...origin, source: `${origin.source} ${signal}` });
      if (profile.samples.count === 0) {
        if (wants('metrics')) yield* ofMetrics(maker.end(pulled.endMs), metadataOf('metrics'));
        return;
      }
      const views: Views | undefined =
        wants('metrics') || wants('logs')
          ? { whole: profile, filtered: filtered(profile, config.functions) }
          : undefined;
      if (views && wants('metrics')) yield* ofMetrics(maker.make(views, pulled), metadataOf('metrics'));
      if (views && wants('logs')) yield* logOf(views, pulled, metadataOf('logs'));
      if (wants('profiles')) {
        const { request, samples } = encodeProfiles([{ resource: attributes, profile, attributes: typeAttributes }]);
        yield profilesBatch(request, samples, metadataOf('profiles'));
      }
    },
    end: (timeMs) => (wants('metrics') ? ofMetrics(maker.end(timeMs)) : []),
  };
}
