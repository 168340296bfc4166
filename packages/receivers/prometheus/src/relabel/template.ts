/** What a replacement consists of: texts as they are, and groups by number or name. */
export type Template = readonly (string | { readonly group: number | string })[];

/** Reads `$1`, `${1}`, `${name}` and `$$`; a dollar sign before anything else is itself. As Go's `Regexp.Expand`. */
export function readTemplate(text: string): Template {
  const parts: (string | { group: number | string })[] = [];
  let plain = '';
  let at = 0;
  for (const match of text.matchAll(/\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu)) {
    plain += text.slice(at, match.index);
    at = match.index + match[0].length;
    const name = match[1] ?? match[2];
    if (name === undefined) {
      plain += '$';
      continue;
    }
    if (plain) parts.push(plain);
    plain = '';
    parts.push({ group: /^\d+$/.test(name) ? Number(name) : name });
  }
  plain += text.slice(at);
  if (plain) parts.push(plain);
  return parts;
}

/** A group that there is not, or that matched nothing, is empty. */
export function expand(
  template: Template,
  groups: readonly (string | null)[],
  names: ReadonlyMap<string, number>,
): string {
  let text = '';
  for (const part of template) {
    if (typeof part === 'string') text += part;
    else text += groups[typeof part.group === 'number' ? part.group : (names.get(part.group) ?? -1)] ?? '';
  }
  return text;
}
