import type { DataPoint, ExponentialHistogram, Histogram, Summary } from '@millrace/core';
import { exemplarText, latest, latestByBucket } from './exemplars.ts';
import type { Family } from './families.ts';
import { nameText, sampleOf } from './families.ts';
import { explicitBuckets, exponentialBuckets } from './histogram.ts';
import { isClassicName } from './names.ts';
import type { Slot } from './series.ts';
import { escapeHelp, escapeQuoted, floatText, milliseconds, numberText, secondsText } from './text.ts';

export interface RenderOptions {
  /** `prometheus`: the text format 0.0.4; `openmetrics`: OpenMetrics 1.0, with units and exemplars. */
  readonly format: 'prometheus' | 'openmetrics';
  /** Whether samples carry the time of their point; false by default. */
  readonly timestamps?: boolean;
}

export interface PageContent {
  /** By name. */
  readonly families: readonly Family[];
  /** The name of the family of targets, without `_info`. */
  readonly target: string;
  /** The labels of each target. */
  readonly targets: readonly string[];
}

const slotsPerPiece = 500;

export function* renderPage(content: PageContent, options: RenderOptions): Generator<string> {
  const { families } = content;
  const openMetrics = options.format === 'openmetrics';
  const names = new Set(families.map(({ name }) => name));
  let target = targetInfo(content, options);
  let text = '';
  let slots = 0;
  for (const family of families) {
    if (target && family.name > `${content.target}_info`) {
      text += target;
      target = '';
    }
    text += openMetrics ? openMetricsHeader(family, names) : header(family);
    const writer = sampleWriter(family, options);
    for (const slot of family.slots.values()) {
      text += writer(slot);
      slots += family.type === 'histogram' ? 10 : 1;
      if (slots >= slotsPerPiece) {
        yield text;
        text = '';
        slots = 0;
      }
    }
  }
  yield `${text}${target}${openMetrics ? '# EOF\n' : ''}`;
}

function header({ name, type, help }: Family): string {
  const shown = nameText(name);
  return `${help === '' ? '' : `# HELP ${shown} ${escapeHelp(help)}\n`}# TYPE ${shown} ${type === 'unknown' ? 'untyped' : type}\n`;
}

/**
 * A counter's family is named without `_total` in OpenMetrics. Where the samples' name has no `_total`, or what is left
 * is the name of another family, its type is not told.
 */
function openMetricsHeader({ name, type, unit, help }: Family, names: ReadonlySet<string>): string {
  const base = name.endsWith('_total') ? name.slice(0, -'_total'.length) : '';
  const counter = type === 'counter' && base !== '' && !names.has(base) && !names.has(`${base}_created`);
  const shown = nameText(counter ? base : name);
  const shownType = type === 'counter' && !counter ? 'unknown' : type;
  const unitLine = unit === '' || shownType === 'unknown' ? '' : `# UNIT ${shown} ${unit}\n`;
  return `# TYPE ${shown} ${shownType}\n${unitLine}${help === '' ? '' : `# HELP ${shown} ${escapeQuoted(help)}\n`}`;
}

function targetInfo({ target, targets }: PageContent, { format }: RenderOptions): string {
  if (targets.length === 0) return '';
  const sample = `${target}_info`;
  const lines = targets.map((labels) => `${sampleOf(sample, labels)}1\n`).join('');
  return format === 'openmetrics'
    ? `# TYPE ${nameText(target)} info\n# HELP ${nameText(target)} Target metadata\n${lines}`
    : `# HELP ${nameText(sample)} Target metadata\n# TYPE ${nameText(sample)} gauge\n${lines}`;
}

type SampleWriter = (slot: Slot) => string;

function sampleWriter({ name, type }: Family, { format, timestamps = false }: RenderOptions): SampleWriter {
  const openMetrics = format === 'openmetrics';
  const timeText = openMetrics ? secondsText : milliseconds;
  const time = ({ endTime }: DataPoint<unknown>): string =>
    timestamps && endTime[0] > 0 ? ` ${timeText(endTime)}` : '';
  const bound = openMetrics ? floatText : numberText;

  if (type === 'histogram') {
    return ({ opening, owner }) => {
      const point = owner!.point as DataPoint<Histogram | ExponentialHistogram>;
      const value = point.value!;
      const { bounds, counts, sum } = 'scale' in value ? exponentialBuckets(value) : explicitBuckets(value);
      const exemplars = openMetrics ? latestByBucket(point.exemplars, bounds) : undefined;
      const end = time(point);
      let text = '';
      for (const [index, count] of counts.entries()) {
        const le = index < bounds.length ? bound(bounds[index]!) : '+Inf';
        const exemplar = exemplarText(exemplars?.get(index));
        text += `${sampleOf(`${name}_bucket`, opening, `le="${le}"`)}${numberText(count)}${end}${exemplar}\n`;
      }
      // OpenMetrics shows no sum where values are negative, as it could fall, and no count without a sum.
      if (openMetrics && !((sum ?? NaN) >= 0 && !(bounds[0]! < 0))) return text;
      if (sum !== undefined) text += `${sampleOf(`${name}_sum`, opening)}${numberText(sum)}${end}\n`;
      return `${text}${sampleOf(`${name}_count`, opening)}${numberText(counts.at(-1)!)}${end}\n`;
    };
  }
  if (type === 'summary') {
    return ({ opening, owner }) => {
      const point = owner!.point as DataPoint<Summary>;
      const end = time(point);
      let text = '';
      let last = -1;
      for (const { quantile, value } of point.value!.quantiles.toSorted((a, b) => a.quantile - b.quantile)) {
        if (!(quantile > last && quantile <= 1)) continue;
        last = quantile;
        text += `${sampleOf(name, opening, `quantile="${bound(quantile)}"`)}${numberText(value)}${end}\n`;
      }
      const { sum } = point.value!;
      if (!openMetrics || sum >= 0) text += `${sampleOf(`${name}_sum`, opening)}${numberText(sum)}${end}\n`;
      return `${text}${sampleOf(`${name}_count`, opening)}${numberText(point.value!.count)}${end}\n`;
    };
  }
  const shown = isClassicName(name) ? name : '';
  const withExemplars = openMetrics && type === 'counter' && name.endsWith('_total');
  return ({ opening, owner }) => {
    const point = owner!.point as DataPoint<number | bigint>;
    const exemplar = withExemplars && point.exemplars ? exemplarText(latest(point.exemplars)) : '';
    return `${shown}${opening}${numberText(point.value!)}${time(point)}${exemplar}\n`;
  };
}
