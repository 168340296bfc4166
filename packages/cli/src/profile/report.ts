import {
  callGraph,
  formatPercentage,
  formatValue,
  type Graph,
  type Int64,
  type Profile,
  top,
  type TopRow,
} from '@millrace/pprof';
import type { Loaded } from './loaded.ts';
import { type ProfileOptions, viewOptions } from './options.ts';
import { iso } from './times.ts';

/** What a report says, as values. */
export interface Report {
  readonly title: string;
  readonly time: string | undefined;
  readonly graph: Graph;
  /** Self of all that is shown, from the first row on. */
  readonly sums: readonly Int64[];
  /** Of all, not only of those that are shown. */
  readonly bySelf: readonly TopRow[];
  readonly byTotal: readonly TopRow[];
}

const highlights = 5;

export function reportOf(loaded: Loaded, options: ProfileOptions): Report {
  const { cum = false, limit, title } = options;
  const graph = callGraph(loaded.profile, {
    ...viewOptions(options),
    minNodeShare: 0.005,
    sort: cum ? 'total' : 'self',
    ...(limit !== undefined && { limit }),
  });
  const sums: Int64[] = [];
  let sum: Int64 = 0;
  for (const { self } of graph.nodes) {
    const next: bigint = BigInt(sum) + BigInt(self);
    sum = Number.isSafeInteger(Number(next)) ? Number(next) : next;
    sums.push(sum);
  }
  const greatest = (sort: 'self' | 'total'): readonly TopRow[] =>
    top(loaded.profile, { ...viewOptions(options), sort, limit: highlights }).rows.filter((row) => row[sort] !== 0);
  return {
    title: title ?? `${graph.sampleType.type || 'Profile'} of ${loaded.name}`,
    time: timeOf(loaded),
    graph,
    sums,
    bySelf: greatest('self'),
    byTotal: greatest('total'),
  };
}

interface Made {
  readonly profile: Profile;
  readonly window?: Loaded['window'] | undefined;
}

/** When it was made and how long it took, if that is known. */
export function timeOf({ profile, window }: Made): string | undefined {
  if (window) return `${iso(window.from)} to ${iso(window.until)}`;
  if (profile.timeNanos === 0n) return undefined;
  const lasting = profile.durationNanos > 0n ? `, ${formatValue(profile.durationNanos, 'nanoseconds')}` : '';
  return `${iso(Number(profile.timeNanos / 1_000_000n))}${lasting}`;
}

/** As Markdown. */
export function reportMarkdown(
  { title, time, graph, sums, bySelf, byTotal }: Report,
  { unit = 'auto' }: ProfileOptions,
): string {
  const { sampleType, total, dropped, cutoff, omitted, nodes } = graph;
  const format = (value: Int64): string => formatValue(value, sampleType.unit, unit);
  const share = (value: Int64): string => formatPercentage(value, total).trim();
  const shown = sums.at(-1) ?? 0;
  const rows = nodes.map(({ self, total: all, name }, index) =>
    [format(self), share(self), share(sums[index]!), format(all), share(all), code(name)].join(' | '),
  );
  const listed = (some: readonly TopRow[], what: 'self' | 'total'): string[] =>
    some.map((node, index) => `${index + 1}. ${code(node.name)}: ${format(node[what])} (${share(node[what])})`);
  return [
    `# ${heading(title)}`,
    '',
    ...(time === undefined ? [] : [`- Time: ${time}`]),
    `- Samples shown: ${format(shown)} of ${format(total)} (${share(shown)})`,
    `- Dropped nodes: ${dropped}${dropped > 0 ? ` (cum <= ${format(cutoff)})` : ''}`,
    ...(omitted > 0 ? [`- Shown: the first ${nodes.length} of ${nodes.length + omitted} nodes`] : []),
    '',
    '| flat | flat% | sum% | cum | cum% | function |',
    '| ---: | ---: | ---: | ---: | ---: | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    `## Top ${highlights} by self`,
    '',
    ...listed(bySelf, 'self'),
    '',
    `## Top ${highlights} by cumulative`,
    '',
    ...listed(byTotal, 'total'),
    '',
  ].join('\n');
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
