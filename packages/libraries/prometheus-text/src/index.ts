import type { ResourceMetrics } from '@millrace/core';
import { createPage } from './page.ts';
import type { PageOptions } from './page.ts';
import type { RenderOptions } from './render.ts';

export { createPage } from './page.ts';
export type { Drop, DropReason, Page, PageOptions } from './page.ts';
export type { RenderOptions } from './render.ts';
export { acceptsGzip, negotiate } from './negotiate.ts';
export type { Negotiated, Offer } from './negotiate.ts';
export { familyName, labelName, namingOf, translationStrategies } from './names.ts';
export type { FamilyName, FamilyType, Naming, TranslationStrategy } from './names.ts';

/** The page of these metrics alone, in one go. */
export function renderMetrics(
  resourceMetrics: readonly ResourceMetrics[],
  options: PageOptions & RenderOptions,
): string {
  const page = createPage(options);
  Array.from(page.update(resourceMetrics, 0));
  return [...page.render(options)].join('');
}
