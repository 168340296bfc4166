/** Names and values of labels. An empty value is the same as no label. */
export type LabelMap = Map<string, string>;

export function setLabel(labels: LabelMap, name: string, value: string): void {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
}

export type NameValidation = 'utf8' | 'legacy';

export const isLabelName = (name: string, validation: NameValidation): boolean =>
  validation === 'utf8' ? name !== '' && name.isWellFormed() : /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

export const isMetricName = (name: string, validation: NameValidation): boolean =>
  validation === 'utf8' ? name !== '' && name.isWellFormed() : /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
