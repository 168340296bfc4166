import type { Attributes, Scope, ScopeMetrics } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { DropReason } from './dropped.ts';
import { endLive } from './ended.ts';
import { createFamilies } from './families.ts';
import type { Format } from './format.ts';
import type { Limits } from './limits.ts';
import { labelsKey } from './metric.ts';
import { createParser } from './parser.ts';
import { collect, createRun } from './run.ts';
import { createScopes } from './scopes.ts';
import type { Series } from './series.ts';
import { createSettler } from './settle.ts';
import { Track } from './track.ts';

export interface AssemblerOptions {
  /** The scope of metrics that do not name one (`otel_scope_name`). */
  readonly scope: Scope;
  readonly wanted?: ((name: string) => boolean) | undefined;
  /**
   * Called once for each series that is new: what to take it for, or undefined to drop it. May throw, which fails the page.
   * The result must follow from name and labels alone. Without it every series is taken as it is.
   */
  readonly relabel?: ((series: Series) => Series | undefined) | undefined;
  /** Whether the times that a page gives its samples count (`honor_timestamps`). Default: honour. */
  readonly timestamps?: 'honour' | 'ignore' | undefined;
  /** Series with times of their own just stop, unless this is true (`track_timestamps_staleness`). */
  readonly endTimestamped?: boolean | undefined;
  /** The gauge whose value, in seconds, is the start time of every cumulative series: `process_start_time_seconds`. Default: none. */
  readonly startTimeMetric?: ((name: string) => boolean) | undefined;
  readonly limits?: Partial<Limits> | undefined;
}

/**
 * Makes OpenTelemetry metrics of the pages of one target, as
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/ says. Attributes objects and
 * descriptors stay the same from page to page.
 */
export interface Assembler {
  /** `timeMs`: of the scrape. */
  begin(page: { readonly format: Format; readonly timeMs: number }): AssembledPage;
  /** Ends every series there is: the target is gone, or the scrape failed. They are points without a value. */
  endAll(timeMs: number): readonly ScopeMetrics[];
}

export interface AssembledPage {
  push(chunk: Uint8Array): void;
  end(): Assembled;
}

export interface Assembled {
  /** Also a point without a value for each series that was in the last page and is not in this one. */
  readonly scopeMetrics: readonly ScopeMetrics[];
  /** The labels of `target_info`, which belong to the resource. The same object from page to page while they are the same. */
  readonly target: Attributes | undefined;
  /** As `PageEnd` says: `samples` before relabelling, `taken` after it. */
  readonly samples: number;
  readonly taken: number;
  readonly added: number;
  readonly bytes: number;
  /** Samples whose value is NaN. They are passed on as that. */
  readonly notANumber: number;
  /** Samples, by reason. */
  readonly dropped: ReadonlyMap<DropReason, number>;
}

export function createAssembler(options: AssemblerOptions): Assembler {
  const { relabel, wanted, limits } = options;
  const families = createFamilies();
  const scopes = createScopes(options.scope);
  const settler = createSettler(families, scopes);
  const state = { options, scopes, settler };
  /** Relabelling may make one series of several. */
  const byIdentity = new Map<string, Track>();
  let run = createRun({ ...state, number: 0, timeMs: 0 });

  function track(series: Series): Track {
    const key = relabel ? JSON.stringify([series.name, labelsKey(series.labels)]) : '';
    const known = relabel && byIdentity.get(key);
    if (known) {
      known.users++;
      return known;
    }
    const made = new Track(series, options.startTimeMetric?.(series.name) ?? false);
    if (relabel) byIdentity.set(key, made);
    run.added.push(made);
    return made;
  }

  /** False while other series are of the same track. */
  function release(one: Track): boolean {
    if (--one.users > 0) return false;
    if (relabel) byIdentity.delete(JSON.stringify([one.name, labelsKey(one.labels)]));
    settler.leave(one);
    return true;
  }

  const parser = createParser<Track>({
    wanted,
    limits,
    sink: {
      series(series) {
        const taken = relabel ? relabel(series) : series;
        return taken && track(taken);
      },
      sample: (one, value, extra) => run.take(one, value, extra),
      undo: (one) => void release(one),
      type: (name, type) => families.tell(name, { type }),
      help: (name, help) => families.tell(name, { help }),
      unit: (name, unit) => families.tell(name, { unit }),
    },
  });

  return {
    begin({ format, timeMs }) {
      const page = parser.begin(format);
      const mine = createRun({ ...state, number: run.number + 1, timeMs });
      if (run.state === 'open') families.end('failure');
      run = mine;
      families.begin(mine.number);
      const guarded = <Result>(act: () => Result): Result => {
        try {
          return act();
        } catch (error) {
          if (mine === run && mine.state === 'open') families.end('failure');
          mine.state = 'failed';
          throw error;
        }
      };
      return {
        push: (chunk) => guarded(() => page.push(chunk)),
        end: () =>
          guarded(() => {
            const { gone, samples, taken, added, bytes } = page.end();
            mine.state = 'ended';
            families.end('success');
            return { samples, taken, added, bytes, ...mine.finish(gone.filter(release)) };
          }),
      };
    },
    endAll(timeMs) {
      const ended = endLive(parser.targets(), { time: hrTime(timeMs), options });
      for (const { metric } of ended) metric.points = [];
      for (const { metric, point } of ended) metric.points.push(point);
      return collect([...new Set(ended.map(({ metric }) => metric))]);
    },
  };
}
