/** What a profile counts: since the program began, or, over the time for which it is asked, what was met there; or what there is. */
export interface ProfileKind {
  readonly description: string;
  readonly path: string;
  readonly enabled: boolean;
  /** Asked for with a number of seconds. */
  readonly timed: boolean;
  /** Of one that is not timed, and counts. */
  readonly delta: boolean;
}

const none = { timed: false, delta: false } as const;

/** By their names in Grafana Alloy's `pyroscope.scrape`, with its paths and defaults; deltas are on here. */
export const profileKinds = {
  process_cpu: {
    description: 'The CPU, over the time of `delta_profiling_duration`.',
    path: '/debug/pprof/profile',
    enabled: true,
    timed: true,
    delta: false,
  },
  memory: {
    description: 'What is allocated, and what of it is in use.',
    path: '/debug/pprof/allocs',
    enabled: true,
    timed: false,
    delta: true,
  },
  goroutine: { ...none, description: 'The goroutines there are.', path: '/debug/pprof/goroutine', enabled: true },
  mutex: {
    description: 'What held locks that others waited for.',
    path: '/debug/pprof/mutex',
    enabled: true,
    timed: false,
    delta: true,
  },
  block: {
    description: 'What goroutines waited for.',
    path: '/debug/pprof/block',
    enabled: true,
    timed: false,
    delta: true,
  },
  fgprof: {
    description: 'The time on and off the CPU, over the time of `delta_profiling_duration`.',
    path: '/debug/fgprof',
    enabled: false,
    timed: true,
    delta: false,
  },
} as const satisfies Readonly<Record<string, ProfileKind>>;
