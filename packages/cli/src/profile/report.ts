import {
  formatProfileTime,
  formatReport,
  type Profile,
  report,
  type ReportTextOptions,
  sampleTypeIndex,
} from '@millrace/pprof';
import { formatWindow } from '@millrace/pyroscope-client';
import type { Loaded } from './loaded.ts';
import { type ProfileOptions, textOptions } from './options.ts';

function reportOptions(loaded: Loaded, options: ProfileOptions): ReportTextOptions {
  const text = textOptions(options);
  const { type } = loaded.profile.sampleTypes[sampleTypeIndex(loaded.profile, text.sampleType)]!;
  const time = timeOf(loaded);
  return {
    ...text,
    title: options.title ?? `${type || 'Profile'} of ${loaded.name}`,
    ...(time !== undefined && { time }),
  };
}

/** As Markdown. */
export const reportMarkdown = (loaded: Loaded, options: ProfileOptions): string =>
  formatReport(loaded.profile, reportOptions(loaded, options));

/** What it says, as values. */
export function reportJson(loaded: Loaded, options: ProfileOptions): unknown {
  const { rows: nodes, topByTotal: topByCumulative, ...said } = report(loaded.profile, reportOptions(loaded, options));
  return { ...said, nodes, topByCumulative };
}

interface Made {
  readonly profile: Profile;
  readonly window?: Loaded['window'] | undefined;
}

/** When it was made and how long it took, if that is known. */
export const timeOf = ({ profile, window }: Made): string | undefined =>
  window ? formatWindow(window) : formatProfileTime(profile);
