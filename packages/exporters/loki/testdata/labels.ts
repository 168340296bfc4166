/** What `{a="b", c="d"}` says. Throws what Loki's parser would not take. */
export function parseLabels(text: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  const inner = /^\{(.*)\}$/s.exec(text)?.[1];
  if (inner === undefined) throw new Error(`no labels: ${text}`);
  const pair = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\\n]|\\.)*)"(?:, |$)/gy;
  while (pair.lastIndex < inner.length) {
    const match = pair.exec(inner);
    if (!match) throw new Error(`labels: ${text}`);
    const [, name, value] = match;
    if (name! in labels) throw new Error(`stream '${text}' has duplicate label name: '${name}'`);
    labels[name!] = unquoted(value!);
  }
  return labels;
}

const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

const unquoted = (text: string): string =>
  text.replace(/\\(?:x([0-9a-f]{2})|(.))/g, (whole, hex: string | undefined, char: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    const said = plain[char!];
    if (said === undefined) throw new Error(`no escape of Go's: ${whole}`);
    return said;
  });
