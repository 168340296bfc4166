/** What a text that may contain `${…}` consists of. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'env' | 'file';
      /** A variable's name, or a path. */
      readonly name: string;
      /** What stands for a variable that is not set. */
      readonly fallback?: readonly Part[];
      /** As written. */
      readonly written: string;
      readonly at: number;
    }
  | {
      readonly kind: 'wrong';
      readonly message: string;
      readonly hint: string;
      readonly at: number;
      readonly length: number;
    };

const forms = '${env:NAME}, ${env:NAME:-default}, ${file:path}; $$ is a dollar sign';

/**
 * `${env:NAME}`, `${env:NAME:-default}`, the same without `env:`, `${file:path}`, and `$$` for a dollar sign. Any other dollar
 * sign is itself. A default may contain placeholders.
 */
export function parsePlaceholders(text: string, offset = 0): readonly Part[] {
  const parts: Part[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$$', at)) {
      plain += '$';
      at += 2;
    } else if (text.startsWith('${', at)) {
      if (plain) parts.push({ kind: 'text', text: plain });
      plain = '';
      const end = closingBrace(text, at + 2);
      if (end < 0) {
        const length = text.length - at;
        parts.push({ kind: 'wrong', message: '"${" is not closed', hint: forms, at: offset + at, length });
        return parts;
      }
      parts.push(parsePlaceholder(text.slice(at, end + 1), offset + at));
      at = end + 1;
    } else plain += text[at++];
  }
  if (plain || parts.length === 0) parts.push({ kind: 'text', text: plain });
  return parts;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

function parsePlaceholder(written: string, at: number): Part {
  const inner = written.slice(2, -1);
  const wrong = (message: string, start: number, length: number): Part => ({
    kind: 'wrong',
    message,
    hint: forms,
    at: at + start,
    length: Math.max(1, length),
  });
  const scheme = /^([A-Za-z][\w.+-]*):(?!-)/.exec(inner)?.[1];
  if (scheme === 'file') {
    const path = inner.slice(5).trim();
    return path ? { kind: 'file', name: path, written, at } : wrong('a path is missing', 0, written.length);
  }
  if (scheme !== undefined && scheme !== 'env') return wrong(`unknown scheme "${scheme}"`, 2, scheme.length);
  const prefix = scheme === 'env' ? 'env:' : '';
  const body = inner.slice(prefix.length);
  const split = body.indexOf(':-');
  const name = split < 0 ? body : body.slice(0, split);
  const start = 2 + prefix.length;
  if (!/^[A-Za-z_]\w*$/.test(name)) {
    const message = name ? `"${name}" is not the name of an environment variable` : 'the name of a variable is missing';
    return wrong(message, name ? start : 0, name ? name.length : written.length);
  }
  if (split < 0) return { kind: 'env', name, written, at };
  return { kind: 'env', name, written, at, fallback: parsePlaceholders(body.slice(split + 2), at + start + split + 2) };
}

/** Text that reads as itself: the way back. */
export const escapePlaceholders = (text: string): string => text.replaceAll(/\$(?=[${])/g, '$$$$');
