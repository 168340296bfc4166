import { formatPercentage, formatValue, sampleTypeIndex, type TopRow } from '@millrace/pprof';
import { rowsOf, totalOf, type Views } from './functions.ts';
import type { Span } from './metrics.ts';

interface ReportOptions extends Span {
  readonly title: string;
  /** Lines of each table. */
  readonly lines: number;
}

/** Where the time (the memory, …) went, for people: a short text in Markdown. Undefined if there is nothing to say. */
export function reportOf(views: Views, options: ReportOptions): string | undefined {
  const sampleType = sampleTypeIndex(views.whole);
  const { type, unit } = views.whole.sampleTypes[sampleType]!;
  const total = totalOf(views.whole, sampleType);
  if (total === 0) return undefined;
  const value = (of: number | bigint): string => formatValue(of, unit === 'count' ? '' : unit);
  const share = (of: number | bigint): string => formatPercentage(of, total).trim();
  const { bySelf, byTotal } = rowsOf(views, sampleType);
  const table = (rows: readonly TopRow[], sort: 'self' | 'total'): string[] =>
    rows
      .slice(0, options.lines)
      .filter((row) => row[sort] !== 0)
      .map(
        (row) =>
          `| ${value(row.self)} | ${share(row.self)} | ${value(row.total)} | ${share(row.total)} | ${cell(row.name)} |`,
      );
  const more = Math.max(0, bySelf.length - options.lines);
  const head = ['| self | self % | total | total % | function |', '| --: | --: | --: | --: | :-- |'];
  return [
    `# ${options.title}`,
    '',
    `${new Date(options.startMs).toISOString()} to ${new Date(options.endMs).toISOString()}`,
    `${type} (${unit}): ${value(total)} in ${views.whole.samples.count} stacks, ${value(totalOf(views.filtered, sampleType))} shown; ${more} functions more`,
    '',
    '## By self',
    '',
    ...head,
    ...table(bySelf, 'self'),
    '',
    '## By total',
    '',
    ...head,
    ...table(byTotal, 'total'),
    '',
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
