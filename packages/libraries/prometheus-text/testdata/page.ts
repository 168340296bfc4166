import type { MetricData, ResourceMetrics } from '@millrace/core';
import { namingOf } from '../src/names.ts';
import type { Drop, Page, PageOptions } from '../src/page.ts';
import { createPage } from '../src/page.ts';
import { resource } from './metrics.ts';

export const naming = namingOf('UnderscoreEscapingWithSuffixes');

export interface Tried {
  readonly page: Page;
  readonly drops: Drop[];
  take(resourceMetrics: ResourceMetrics | readonly ResourceMetrics[], now?: number): void;
  /** The samples, without comments. */
  samples(format?: 'prometheus' | 'openmetrics'): string[];
}

/** A page, and what was said of what it cannot show. */
export function tried(options: Partial<PageOptions> = {}): Tried {
  const drops: Drop[] = [];
  const page = createPage({ naming, scopeInfo: false, onDrop: (drop) => void drops.push(drop), ...options });
  return {
    page,
    drops,
    take: (metrics, now = 0) => void Array.from(page.update([metrics].flat(), now)),
    samples: (format = 'prometheus') =>
      [...page.render({ format })]
        .join('')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
  };
}

/** A resource without attributes. */
export const one = (...metrics: MetricData[]): ResourceMetrics => resource({}, metrics);
