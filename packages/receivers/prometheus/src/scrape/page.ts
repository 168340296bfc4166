import type { ScopeMetrics } from '@millrace/core';
import { isEnded } from '@millrace/core';
import { type Assembled, type Assembler, createAssembler, formatOf, type Format } from '@millrace/prometheus-parser';
import { formatOfProtocol } from '../config/protocols.ts';
import { compileRegex } from '../relabel/regex.ts';
import type { Target } from '../target.ts';
import type { OpenPage } from './request.ts';
import { scope } from './scope.ts';
import type { TargetResources } from './resources.ts';

export interface StartTimeConfig {
  readonly use_start_time_metric: boolean;
  readonly start_time_metric_regex?: string;
}

/** Reads the pages of one target: all of a page, or nothing of it. */
export interface PageReader {
  read(page: OpenPage, timeMs: number): Promise<Assembled>;
  /** The end of every series of the last page. */
  endAll(timeMs: number): readonly ScopeMetrics[];
}

/** A page was read whole, but is not wanted. */
export class TooManySamples extends Error {
  override readonly name = 'TooManySamples';
  readonly page: Assembled;
  constructor(page: Assembled, limit: number) {
    super(`The page has more samples than sample_limit allows, ${limit}.`);
    this.page = page;
  }
}

export function pageReader(target: Target, resources: TargetResources, startTime: StartTimeConfig): PageReader {
  const { config, limits } = target.job;
  const assembler: Assembler = createAssembler({
    scope,
    relabel: (series) => resources.relabel(series),
    timestamps: config.honor_timestamps ? 'honour' : 'ignore',
    endTimestamped: config.track_timestamps_staleness,
    startTimeMetric: startTimeNames(startTime),
    limits: {
      // That a page is too big is the client's to say.
      pageBytes: Number.MAX_SAFE_INTEGER,
      ...(limits.bodyBytes === 0 && { samples: Number.MAX_SAFE_INTEGER }),
    },
  });

  return {
    async read({ contentType, body, discard }, timeMs) {
      let read: Assembled;
      try {
        const page = assembler.begin({ format: pageFormat(target, contentType), timeMs });
        for await (const chunk of body) page.push(chunk);
        read = page.end();
      } catch (error) {
        discard();
        throw error;
      }
      if (limits.samples > 0 && read.taken > limits.samples) throw new TooManySamples(read, limits.samples);
      return read;
    },
    endAll: (timeMs) => assembler.endAll(timeMs),
  };
}

function startTimeNames(config: StartTimeConfig): ((name: string) => boolean) | undefined {
  if (!config.use_start_time_metric) return undefined;
  const regex = compileRegex(config.start_time_metric_regex ?? 'process_start_time_seconds');
  return (name) => regex.test(name);
}

/** How a page is written. Throws an error that says what its content type is if that says nothing. */
export function pageFormat({ job }: Target, contentType: string | undefined): Format {
  const format = formatOf(contentType);
  if (format) return format;
  const { fallback_scrape_protocol: fallback } = job.config;
  if (fallback !== undefined) return formatOfProtocol(fallback);
  throw new Error(
    contentType === undefined
      ? 'The page has no content type: fallback_scrape_protocol can say what it is.'
      : `The page has the content type ${contentType.slice(0, 100)}, which is none of metrics.`,
  );
}

/** Those of the points that tell the end of a series. */
export function endedOf(scopeMetrics: readonly ScopeMetrics[]): ScopeMetrics[] {
  return scopeMetrics.flatMap(({ scope: own, metrics }) => {
    const ended = metrics.flatMap((metric) => {
      const dataPoints = (metric.dataPoints as (typeof metric.dataPoints)[number][]).filter(isEnded);
      return dataPoints.length > 0 ? [{ ...metric, dataPoints } as typeof metric] : [];
    });
    return ended.length > 0 ? [{ scope: own, metrics: ended }] : [];
  });
}
