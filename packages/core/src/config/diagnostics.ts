import { styleText } from 'node:util';

/** A place in a config. Lines and columns count from 1, columns in UTF-16 units. */
export interface Location {
  /** As the user named it, relative to the working directory; `--set a.b=c` for what the command line sets. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The line's text. A secret in it is masked. */
  readonly source: string;
  /** Where the caret goes in `source`, if masking has moved it. */
  readonly caret?: { readonly column: number; readonly length: number };
}

export interface Diagnostic {
  readonly location?: Location;
  readonly message: string;
  /** What to do: the allowed values, what was probably meant, which package to install. Each line is shown as one. */
  readonly hint?: string;
}

/** Everything that is wrong with a config. Its message is all diagnostics as a compiler shows them. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n\n'));
    this.diagnostics = diagnostics;
  }
}

type Style = (format: 'bold' | 'red' | 'blue' | 'green', text: string) => string;
const plain: Style = (_format, text) => text;
const colored: Style = (format, text) => styleText(format, text, { validateStream: false });

export function formatDiagnostic({ location, message, hint }: Diagnostic, options: { color?: boolean } = {}): string {
  const style = options.color ? colored : plain;
  const place = location ? `${style('bold', `${location.file}:${location.line}:${location.column}:`)} ` : '';
  const lines = [`${place}${style('red', 'error:')} ${style('bold', visible(message))}`];
  if (location) {
    const number = String(location.line);
    const gutter = (label: string): string => style('blue', `${label.padStart(5)} |`);
    const { text, column, length } = excerpt(location);
    lines.push(`${gutter(number)} ${text}`.trimEnd());
    lines.push(`${gutter(' '.repeat(number.length))} ${' '.repeat(column)}${style('red', '^'.repeat(length))}`);
  }
  for (const line of hint ? hint.split('\n') : [])
    lines.push(`${location ? '     ' : '  '}${style('blue', '=')} ${visible(line)}`);
  return lines.join('\n');
}

const widest = 110;

/** The part of the line around the caret, and where the caret stands under it. */
function excerpt(location: Location): { text: string; column: number; length: number } {
  const text = visible(location.source);
  const caret = location.caret ?? location;
  const column = Math.max(0, Math.min(caret.column - 1, text.length));
  const length = Math.max(1, Math.min(caret.length, text.length - column));
  if (text.length <= widest) return { text, column, length };
  const start = Math.max(0, Math.min(column - 30, text.length - widest));
  const end = start + widest;
  return {
    text: `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`,
    column: column - start + (start > 0 ? 1 : 0),
    length: Math.min(length, end - column),
  };
}

// A tab would move the caret, and other control characters the terminal.
// oxlint-disable-next-line no-control-regex
const visible = (text: string): string => text.replaceAll('\t', ' ').replaceAll(/[\x00-\x1f\x7f-\x9f]/g, '\ufffd');

/** In the order of the files, then of their lines. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = new Map<string | undefined, number>();
  for (const { location } of diagnostics) if (!files.has(location?.file)) files.set(location?.file, files.size);
  return [...diagnostics].sort(
    ({ location: a }, { location: b }) =>
      files.get(a?.file)! - files.get(b?.file)! ||
      (a?.line ?? 0) - (b?.line ?? 0) ||
      (a?.column ?? 0) - (b?.column ?? 0),
  );
}
