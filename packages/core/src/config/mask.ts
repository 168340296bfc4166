import type { Diagnostic, Location } from './diagnostics.ts';

export const redacted = '[REDACTED]';

/** The same place, with what another place of its line holds hidden. */
export function mask(location: Location, secret: Pick<Location, 'column' | 'length'>): Location {
  const start = secret.column - 1;
  const end = start + secret.length;
  const { column, length } = location.caret ?? location;
  const at = column - 1;
  const caret =
    at >= end
      ? { column: column + redacted.length - secret.length, length }
      : at + length <= start
        ? { column, length }
        : { column: start + 1, length: redacted.length };
  const source = location.source.slice(0, start) + redacted + location.source.slice(end);
  return { ...location, file: location.file.startsWith('--set ') ? `--set ${source}` : location.file, source, caret };
}

const secretKey =
  /\b[\w.-]*(?:pass(?:wor[dt]|phrase)?|passwd|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|authorization|credentials?)["']?(?:\s*[:=]\s*|\s+)(?!\$\{|["']\$\{)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#].*)/i;

/** For a line whose schema is not known (yet): hides the value of a key that sounds like a secret's. */
export function maskLikelySecrets(location: Location): Location {
  const match = secretKey.exec(location.source);
  if (!match) return location;
  const value = match[1]!;
  return mask(location, { column: match.index + match[0].length - value.length + 1, length: value.length });
}

/** What a config's schema says is secret, as far as it was read. */
export interface Secrets {
  readonly locations: Location[];
  readonly values: Set<string>;
}

/** The diagnostic with every secret hidden, in the line shown and in what it says. */
export function hideSecrets(diagnostic: Diagnostic, { locations, values }: Secrets): Diagnostic {
  const { message, hint, location } = diagnostic;
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  const text = (said: string): string => {
    let safe = said;
    // Shorter ones would hide words that have nothing to do with them.
    for (const value of longestFirst) if (value.length > 3) safe = safe.replaceAll(value, redacted);
    return safe;
  };
  return {
    message: text(message),
    ...(hint === undefined ? {} : { hint: text(hint) }),
    ...(location ? { location: hideInLine(location, locations) } : {}),
  };
}

function hideInLine(location: Location, secrets: readonly Location[]): Location {
  const inLine = new Map(
    secrets
      .filter(({ file, line }) => file === location.file && line === location.line)
      .map((secret) => [secret.column, secret]),
  );
  if (inLine.size === 0) return maskLikelySecrets(location);
  // From right to left, so that the columns of those to come still hold.
  const sorted = [...inLine.values()].sort((a, b) => b.column - a.column);
  return sorted.reduce((masked, secret) => mask(masked, secret), location);
}
