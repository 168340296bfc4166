/** `checks.0.state`, `$.checks[0].state`; a dot in a name is written `\.`. Undefined for what is more than that. */
export function parsePath(text: string): readonly string[] | undefined {
  const dotted = text
    .replace(/^\$\.?/, '')
    .replace(/\[(\d+)\]/g, '.$1')
    .replace(/^\./, '');
  if (dotted === '') return [];
  const steps = dotted.split(/(?<!\\)\./).map((step) => step.replaceAll('\\.', '.'));
  return steps.every((step) => step === '#' || (step !== '' && !/[*?#|@[\](){}!]/.test(step))) ? steps : undefined;
}

/** What is there; undefined if nothing is. */
export function valueAt(json: unknown, path: readonly string[]): unknown {
  let value = json;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (step === '#') value = Array.isArray(value) ? value.length : undefined;
    else value = Object.hasOwn(value, step) ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  }
  return value;
}

/** Compares as text: a text as it is, a number also by its value, lists and maps as JSON without spaces; null is empty. */
export function equalsText(value: unknown, text: string): boolean {
  if (value === null) return text === '';
  if (typeof value === 'string') return value === text;
  if (typeof value === 'number') return String(value) === text || (text.trim() !== '' && Number(text) === value);
  return JSON.stringify(value) === text;
}
