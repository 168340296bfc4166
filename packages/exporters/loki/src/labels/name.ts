/** Names that repeat are not made again; there are few of them, unless somebody puts ids into names. */
const known = new Map<string, string>();
const maxKnown = 10_000;

/**
 * A name as Loki itself makes it of an attribute's: what is no letter and no digit becomes `_`, once in a row, and `key_`
 * stands before a digit. https://github.com/prometheus/otlptranslator, LabelNamer
 *
 * Where Loki would refuse, as nothing but `_` is left, the characters are spelled: `名` is `u540d`.
 */
export function labelName(text: string): string {
  let name = known.get(text);
  if (name === undefined) {
    name = normalized(text);
    if (known.size >= maxKnown) known.clear();
    known.set(text, name);
  }
  return name;
}

function normalized(text: string): string {
  // `__name__` stays what it is: such names are reserved.
  const reserved = /^__(.+)__$/s.exec(text)?.[1];
  const inner = (reserved ?? text).replace(/[^A-Za-z0-9]+/g, '_');
  const name = reserved === undefined ? inner : `__${inner}__`;
  if (/^_*$/.test(name)) return spelled(text);
  return /^\d/.test(name) ? `key_${name}` : name;
}

const spelled = (text: string): string =>
  text === '' ? 'empty' : Array.from(text, (char) => `u${char.codePointAt(0)!.toString(16)}`).join('_');
