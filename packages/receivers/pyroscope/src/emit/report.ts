import { formatReport, sampleTypeIndex } from '@millrace/pprof';
import { formatWindow } from '@millrace/pyroscope-client';
import type { Config } from '../config/schema.ts';
import { filtersOf, totalOf, type Views } from './functions.ts';
import type { Span } from './metrics.ts';

interface ReportOptions extends Span {
  readonly service: string;
  readonly profileType: string;
}

/** Where the time (the memory, …) went, for people, in Markdown. Undefined if there is nothing to say. */
export function reportOf(
  { whole }: Views,
  { functions, report }: Pick<Config, 'functions' | 'report'>,
  { service, profileType, ...span }: ReportOptions,
): string | undefined {
  const sampleType = sampleTypeIndex(whole);
  if (totalOf(whole, sampleType) === 0) return undefined;
  const { type } = whole.sampleTypes[sampleType]!;
  const isSaid = profileType.split(':').includes(type);
  return formatReport(whole, {
    ...filtersOf(functions),
    sampleType,
    limit: report.functions,
    title: `${service}: ${profileType}${isSaid ? '' : `, ${type}`}`,
    time: formatWindow(span),
  });
}
