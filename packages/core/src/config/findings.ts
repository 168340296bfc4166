import type { Diagnostic } from './diagnostics.ts';
import type { RawConfig } from './load.ts';
import type { Secrets } from './mask.ts';
import { diagnosticAt, pathText } from './schema-errors.ts';
import type { Path } from './tree.ts';

interface Said {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Where the caret goes. */
  readonly at?: 'key' | 'value';
}

/** What one check of a config has found so far. */
export interface Findings {
  readonly raw: RawConfig;
  readonly secrets: Secrets;
  /** Top-level keys that could not be read: what refers to something in them is not wrong as well. */
  readonly doubtful: Set<string>;
  readonly diagnostics: Diagnostic[];
  readonly warnings: string[];
  error(path: Path, said: Said): void;
  warn(path: Path, message: string): void;
}

export function findings(raw: RawConfig): Findings {
  const diagnostics: Diagnostic[] = [];
  const warnings: string[] = [];
  return {
    raw,
    secrets: { locations: [], values: new Set() },
    doubtful: new Set(),
    diagnostics,
    warnings,
    error(path, { message, hint, at = 'value' }) {
      diagnostics.push(diagnosticAt(raw, path, { message, at, ...(hint ? { hint } : {}) }));
    },
    warn(path, message) {
      const location = raw.locate(path, 'key');
      warnings.push(location ? `${location.file}:${location.line}:${location.column}: ${message}` : message);
    },
  };
}

/** The map at a path, empty where nothing stands; undefined, and reported, if something else does. */
export function mapAt(path: Path, value: unknown, found: Findings): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  if (path.length === 1) found.doubtful.add(String(path[0]));
  const key = typeof value === 'string' ? /^([\w.-]+):\S/.exec(value)?.[1] : undefined;
  found.error(path, {
    message: `${path.length > 0 ? pathText(path) : 'a config'} must be a map`,
    hint: key ? `a space is missing after "${key}:"` : undefined,
  });
  return undefined;
}
