import type { AnyValue } from '@millrace/core';
import { valueText } from '@millrace/core';
import type { AttributeRow, Dictionary } from './decode-dictionary.ts';
import { linkLabels } from './names.ts';

/** A label of pprof: a text, or a number in a unit. */
export interface Label {
  readonly key: string;
  readonly text?: string;
  readonly number?: number | bigint;
  readonly unit?: string;
}

/** What attributes and links of the dictionary are as labels; each is worked out once. */
export interface LabelsOf {
  attribute(index: number): readonly Label[];
  link(index: number): readonly Label[];
}

export type LinkLabels = 'trace_and_span' | 'span';

export function labelsOf({ attributes, links, strings }: Dictionary, linkAs: LinkLabels): LabelsOf {
  const text = (index: number): string => strings[index] ?? '';
  const known: (readonly Label[])[] = [];
  return {
    attribute(index) {
      if (index === 0) return [];
      return (known[index] ??= attributeLabels(attributes[index]!, text));
    },
    link(index) {
      const { traceId = '', spanId = '' } = index === 0 ? {} : links[index]!;
      const found = [
        { key: linkLabels.traceId, text: linkAs === 'span' ? '' : traceId },
        { key: linkLabels.spanId, text: spanId },
      ];
      return found.filter((label) => label.text !== '');
    },
  };
}

/** A list is several labels with one key. pprof has no labels that say nothing, nor numbers that are no integers. */
function attributeLabels({ key, value, unit }: AttributeRow, text: (index: number) => string): Label[] {
  const values: readonly AnyValue[] = Array.isArray(value) ? (value as readonly AnyValue[]) : [value];
  return values.flatMap((one): Label[] => {
    if (typeof one === 'bigint' || (typeof one === 'number' && Number.isSafeInteger(one)))
      return [{ key: text(key), number: one, unit: text(unit) }];
    const shown = valueText(one);
    return shown === '' ? [] : [{ key: text(key), text: shown }];
  });
}
