/**
 * Names and tag values of line protocol: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/. Escaped are a
 * comma, a space and an equals sign (in a measurement, only the first two). What cannot be escaped is changed:
 *
 * - control characters are written as JSON writes them, `\n` or `\u0001`, as InfluxDB's own clients do with line breaks;
 * - in a name, a backslash before a comma, a space, an equals sign, a quote or at the end becomes a slash: InfluxDB 1 reads it
 *   otherwise than InfluxData's decoder does, and finds such a measurement never again;
 * - a tag value that ends with a backslash gets a space after it, or it would escape what comes then;
 * - a measurement that begins with `#` would be a comment, so a backslash stands before it.
 */
// oxlint-disable-next-line no-control-regex -- those are meant
const control = /[\x00-\x1f\x7f]/g;

const visible = (text: string): string =>
  text.replace(control, (char) => (char === '\x7f' ? '\\u007f' : JSON.stringify(char).slice(1, -1)));

const plain = /^[\w.:/-]*$/;

/** What InfluxDB keeps for itself: a tag of such a name costs the whole point, a field is left out without a word. */
const reserved: ReadonlySet<string> = new Set(['time', '_field', '_measurement']);

const readable = (name: string): string =>
  visible(name.toWellFormed()).replace(/\\+(?=[, ="]|$)/g, (run) => '/'.repeat(run.length));

export function measurementText(name: string): string {
  if (plain.test(name)) return name;
  const text = readable(name).replace(/[, ]/g, '\\$&');
  return text.startsWith('#') ? `\\${text}` : text;
}

/** A tag key or a field key. A reserved one is written with an underscore after it. */
export function keyText(name: string): string {
  if (plain.test(name)) return reserved.has(name) ? `${name}_` : name;
  return readable(name).replace(/[,= ]/g, '\\$&');
}

export function tagValueText(value: string): string {
  if (plain.test(value)) return value;
  const text = visible(value.toWellFormed());
  return (text.endsWith('\\') ? `${text} ` : text).replace(/[,= ]/g, '\\$&');
}

/** Within quotes anything may stand, line breaks too. */
export const stringText = (value: string): string => (/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value);

const namesKept = 10_000;

/** The bytes of names that come again and again. */
export function nameCache(render: (name: string) => string): (name: string) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (name) => {
    let bytes = known.get(name);
    if (!bytes) {
      bytes = Buffer.from(render(name));
      if (known.size >= namesKept) known.clear();
      known.set(name, bytes);
    }
    return bytes;
  };
}

/** The same text for the same number in all that writes this schema: digits without an exponent. */
export function numberName(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [, sign = '', whole = '', part = '', exponent = ''] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === '') return text;
  const places = Number(exponent);
  return places > 0
    ? `${sign}${whole}${part.padEnd(places, '0')}`
    : `${sign}0.${'0'.repeat(-places - 1)}${whole}${part}`;
}
