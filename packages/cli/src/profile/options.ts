import type { TextOptions, ViewOptions } from '@millrace/pprof';

/** As commander gives the flags. */
export interface ProfileOptions extends SourceOptions {
  readonly sampleType?: string;
  readonly granularity?: 'functions' | 'files' | 'lines';
  readonly show?: string;
  readonly hide?: string;
  readonly focus?: string;
  readonly ignore?: string;
  readonly cum?: boolean;
  readonly limit?: number;
  readonly unit?: string;
  readonly title?: string;
  readonly json?: boolean;
  readonly output?: string;
  readonly format?: 'html' | 'svg';
  readonly orientation?: 'icicle' | 'flame';
  readonly diff?: boolean;
  readonly normalize?: boolean;
}

/** Those that say where profiles are and how to get them. */
export interface SourceOptions {
  readonly seconds?: number;
  readonly pyroscope?: string;
  readonly query?: string;
  readonly application?: string;
  readonly type?: string;
  readonly from?: string;
  readonly until?: string;
  readonly baseFrom?: string;
  readonly baseUntil?: string;
  readonly tenant?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
}

const granularities = { functions: 'function', files: 'file', lines: 'line' } as const;

/** What every view of the library takes. */
export function viewOptions(options: ProfileOptions): ViewOptions {
  const { sampleType, granularity = 'functions', show, hide, focus, ignore } = options;
  return {
    granularity: granularities[granularity],
    ...(sampleType !== undefined && { sampleType: /^\d+$/.test(sampleType) ? Number(sampleType) : sampleType }),
    ...(show !== undefined && { show }),
    ...(hide !== undefined && { hide }),
    ...(focus !== undefined && { focus }),
    ...(ignore !== undefined && { ignore }),
  };
}

/** What every table takes besides. */
export function textOptions(options: ProfileOptions): TextOptions {
  const { cum = false, limit, unit } = options;
  return {
    ...viewOptions(options),
    sort: cum ? 'total' : 'self',
    ...(limit !== undefined && { limit }),
    ...(unit !== undefined && { unit }),
  };
}
