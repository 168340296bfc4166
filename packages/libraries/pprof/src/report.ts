import { compare, magnitude, sum } from './int64.ts';
import type { Int64 } from './int64.ts';
import { joinLines } from './lines.ts';
import type { Profile, ValueType } from './profile.ts';
import { byTotal, top } from './top.ts';
import type { TopOptions, TopRow } from './top.ts';
import { formatPercentage, formatValue } from './units.ts';

export interface ReportOptions extends TopOptions {
  /** The heading; without it, the sample type. */
  readonly title?: string;
  /** When the profile was made, as it is to be read; without it, as the profile says it. */
  readonly time?: string;
  /** How many functions the lists of the greatest have; 5 by default. */
  readonly highlights?: number;
}

/** What a report says, as values. */
export interface Report {
  readonly title: string;
  /** Undefined if it is not known. */
  readonly time: string | undefined;
  readonly sampleType: ValueType;
  /** Of the profile before it was filtered. */
  readonly total: Int64;
  /** Self of all rows. */
  readonly shown: Int64;
  /** Each with the self of all rows up to it. */
  readonly rows: readonly (TopRow & { readonly sum: Int64 })[];
  /** Rows whose total is less than half a percent of what the filters leave. */
  readonly dropped: number;
  /** What half a percent of the total is. */
  readonly cutoff: Int64;
  /** Rows beyond the limit. */
  readonly omitted: number;
  /** The greatest of all, not only of the rows. */
  readonly topBySelf: readonly TopRow[];
  readonly topByTotal: readonly TopRow[];
}

/** As go tool pprof. */
const minShare = 0.005;

export function report(profile: Profile, options: ReportOptions = {}): Report {
  const { sort, limit, highlights = 5 } = options;
  const { time = formatProfileTime(profile) } = options;
  const { limit: _, sort: __, ...view } = options;
  const { rows: bySelf, sampleType, total } = top(profile, view);
  const left = bySelf.reduce<Int64>((so, { self }) => sum(so, self), 0);
  const all = bySelf.toSorted(byTotal);
  const kept = (sort === 'total' ? all : bySelf).filter((row) => compare(magnitude(row.total), shareOf(left)) >= 0);
  const rows: Report['rows'][number][] = [];
  let shown: Int64 = 0;
  for (const row of kept.slice(0, limit)) {
    shown = sum(shown, row.self);
    rows.push({ ...row, sum: shown });
  }
  return {
    title: options.title ?? (sampleType.type || 'Profile'),
    time,
    sampleType,
    total,
    shown,
    rows,
    dropped: bySelf.length - kept.length,
    cutoff: shareOf(total),
    omitted: kept.length - rows.length,
    topBySelf: bySelf.slice(0, highlights).filter(({ self }) => self !== 0),
    topByTotal: all.slice(0, highlights).filter((row) => row.total !== 0),
  };
}

/** As Go: what is behind the point is cut off. */
const shareOf = (value: Int64): number => Math.abs(Math.trunc(Number(value) * minShare));

/** When the profile was made and how long it took, in UTC; undefined if it does not say. */
export function formatProfileTime({ timeNanos, durationNanos }: Profile): string | undefined {
  if (timeNanos === 0n) return undefined;
  const time = new Date(Number(timeNanos / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ');
  return `${time} UTC${durationNanos > 0n ? `, ${formatValue(durationNanos, 'nanoseconds')}` : ''}`;
}

export interface ReportTextOptions extends ReportOptions {
  /** Of all values; `auto`, the default: each has the one that suits it. */
  readonly unit?: string;
}

/**
 * Where the time (the memory, …) went, for people, in Markdown: how much is shown of what, a table of functions, those with the
 * most by self and by what they called. Whatever names say, they are text.
 */
export function formatReport(profile: Profile, options: ReportTextOptions = {}): string {
  const { unit = 'auto', highlights = 5 } = options;
  const said = report(profile, options);
  const { title, time, sampleType, total, shown, rows, dropped, cutoff, omitted } = said;
  const format = (value: Int64): string => formatValue(value, sampleType.unit, unit);
  const share = (value: Int64): string => formatPercentage(value, total).trim();
  const cells = rows.map(({ self, sum: soFar, total: all, name }) =>
    [format(self), share(self), share(soFar), format(all), share(all), code(name)].join(' | '),
  );
  const listed = (some: readonly TopRow[], what: 'self' | 'total'): string[] =>
    some.map((row, index) => `${index + 1}. ${code(row.name)}: ${format(row[what])} (${share(row[what])})`);
  return joinLines([
    `# ${heading(title)}`,
    '',
    ...(time === undefined ? [] : [`- Time: ${time}`]),
    `- Samples shown: ${format(shown)} of ${format(total)} (${share(shown)})`,
    `- Dropped nodes: ${dropped}${dropped > 0 ? ` (cum <= ${format(cutoff)})` : ''}`,
    ...(omitted > 0 ? [`- Shown: the first ${rows.length} of ${rows.length + omitted} nodes`] : []),
    '',
    '| flat | flat% | sum% | cum | cum% | function |',
    '| ---: | ---: | ---: | ---: | ---: | --- |',
    ...cells.map((row) => `| ${row} |`),
    '',
    `## Top ${highlights} by self`,
    '',
    ...listed(said.topBySelf, 'self'),
    '',
    `## Top ${highlights} by cumulative`,
    '',
    ...listed(said.topByTotal, 'total'),
  ]);
}

const flat = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
const heading = (text: string): string => flat(text).replace(/[\\`*<>[\]|#]|(?<!\w)_|_(?!\w)/g, '\\$&');

/** A code span: https://spec.commonmark.org/0.31.2/#code-spans; a bar would end the cell of a table. */
function code(name: string): string {
  const text = flat(name).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}
