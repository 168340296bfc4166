import type { ExponentialHistogram, Histogram, MetricData, Summary } from '@millrace/core';
import { pointType } from '@millrace/core';

/** What a point of this metric holds, line by line. */
export function valueLines({ dataPointType }: MetricData, value: unknown): string[] {
  switch (dataPointType) {
    case pointType.gauge:
    case pointType.sum:
      return [`value: ${String(value)}`];
    case pointType.histogram: {
      const { buckets, ...totals } = value as Histogram;
      const { boundaries, counts } = buckets;
      return [
        ...totalLines(totals),
        ...counts.map(
          (count, index) => `bucket (${boundaries[index - 1] ?? '-inf'}, ${boundaries[index] ?? '+inf'}]: ${count}`,
        ),
      ];
    }
    case pointType.exponentialHistogram: {
      const { scale, zeroCount, zeroThreshold, positive, negative, ...totals } = value as ExponentialHistogram;
      return [
        ...totalLines(totals),
        `scale: ${scale}`,
        `zero: ${zeroCount}${zeroThreshold === undefined ? '' : ` up to ${zeroThreshold}`}`,
        `positive: from ${positive.offset}: ${positive.bucketCounts.join(' ')}`.trimEnd(),
        `negative: from ${negative.offset}: ${negative.bucketCounts.join(' ')}`.trimEnd(),
      ];
    }
    case pointType.summary: {
      const { quantiles, ...totals } = value as Summary;
      return [...totalLines(totals), ...quantiles.map(({ quantile, value: at }) => `quantile ${quantile}: ${at}`)];
    }
  }
}

const totalLines = (totals: object): string[] =>
  Object.entries(totals).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
