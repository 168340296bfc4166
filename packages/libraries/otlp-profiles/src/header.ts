import type { AnyValue, Attributes, Scope } from '@millrace/core';
import { valueText } from '@millrace/core';
import { names } from './names.ts';

/** What a pprof profile has that OTLP says in attributes. */
export interface Header {
  readonly comments: readonly string[];
  readonly dropFrames: string;
  readonly keepFrames: string;
  readonly docUrl: string;
  readonly defaultSampleType: string;
}

export function headerOf(attributes: Attributes, scope: Scope): Header {
  const text = (name: string): string => valueText(attributes[name]);
  return {
    comments: commentsOf(attributes),
    dropFrames: text(names.dropFrames),
    keepFrames: text(names.keepFrames),
    docUrl: text(names.docUrl),
    defaultSampleType: valueText(scope.attributes?.[names.defaultSampleType]),
  };
}

/** One attribute with a list, or with a text; or, as the collector once wrote them, one for each, with its number. */
const commentName = /^pprof\.profile\.comment(?:\.(\d+))?$/;

function commentsOf(attributes: Attributes): readonly string[] {
  const found: { readonly place: number; readonly value: AnyValue | undefined }[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const match = commentName.exec(name);
    if (match) found.push({ place: Number(match[1] ?? 0), value });
  }
  return found
    .toSorted((one, other) => one.place - other.place)
    .flatMap(({ value }) =>
      Array.isArray(value) ? (value as readonly AnyValue[]).map(valueText) : [valueText(value)],
    );
}

const ofProfile: ReadonlySet<string> = new Set([names.dropFrames, names.keepFrames, names.docUrl]);
const ofScope: ReadonlySet<string> = new Set([names.defaultSampleType, names.sampleTypeOrder]);

/** The attributes of a profile that the header does not say. */
export const withoutHeader = (attributes: Attributes): Attributes =>
  filtered(attributes, (name) => !ofProfile.has(name) && !commentName.test(name));

export const scopeWithoutHeader = (scope: Scope): Scope =>
  scope.attributes ? { ...scope, attributes: filtered(scope.attributes, (name) => !ofScope.has(name)) } : scope;

const filtered = (attributes: Attributes, keep: (name: string) => boolean): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => keep(name)));
