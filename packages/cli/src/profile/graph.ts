import { flamegraphHtml, flamegraphSvg, flameTree, flameTreeDiff } from '@millrace/flamegraph';
import { flamebearer, flamebearerDiff, type FlamebearerProfile, formatValue } from '@millrace/pprof';
import type { Loaded } from './loaded.ts';
import { type ProfileOptions, viewOptions } from './options.ts';
import { timeOf } from './report.ts';

export function pageOf(
  loaded: Loaded,
  { options, format }: { options: ProfileOptions; format: 'html' | 'svg' },
): string {
  const { profile, base, name } = loaded;
  const view = viewOptions(options);
  const tree = base ? flameTreeDiff(base, profile, view) : flameTree(profile, view);
  const { sampleType, negative } = tree;
  const filters = (['focus', 'ignore', 'show', 'hide'] as const).flatMap((key) =>
    options[key] === undefined ? [] : [`${key}=${options[key]}`],
  );
  const page = {
    title: options.title ?? `${sampleType.type || 'Profile'} of ${name}`,
    notes: [
      ...timesOf(loaded),
      ...(filters.length === 0 ? [] : [`Filters: ${filters.join(', ')}`]),
      ...(negative === 0 ? [] : [`Negative values are not drawn: ${formatValue(negative, sampleType.unit)}`]),
    ],
    orientation: options.orientation ?? 'icicle',
    ...(options.unit !== undefined && { unit: options.unit }),
  };
  return format === 'svg' ? flamegraphSvg(tree, page) : flamegraphHtml(tree, page);
}

function timesOf({ profile, window, base, baseWindow }: Loaded): string[] {
  const after = timeOf({ profile, window });
  if (!base) return after === undefined ? [] : [after];
  const before = timeOf({ profile: base, window: baseWindow });
  return [...(before === undefined ? [] : [`Before: ${before}`]), ...(after === undefined ? [] : [`After: ${after}`])];
}

/** As Pyroscope answers. */
export function flamebearerOf({ profile, base }: Loaded, options: ProfileOptions): FlamebearerProfile {
  const view = viewOptions(options);
  return base ? flamebearerDiff(base, profile, view) : flamebearer(profile, view);
}
