/** What became of a failed read. A process that ended is no failure. */
export type Outcome = 'gone' | 'denied' | 'failed';

export function outcomeOf(error: unknown): Outcome {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ESRCH') return 'gone';
  return code === 'EACCES' || code === 'EPERM' ? 'denied' : 'failed';
}

/** What could not be read in a scan, by file. */
export interface Failures {
  /** A scan begins. */
  reset(): void;
  denied(file: string): void;
  failed(file: string, error: unknown): void;
  /** The error to report for the scan that ends here: the same for the same situation, however many processes it is about. */
  summary(): Error | undefined;
}

export function failures(count: (file: string) => void): Failures {
  const denials = new Set<string>();
  const errors = new Map<string, string>();
  return {
    reset() {
      denials.clear();
      errors.clear();
    },
    denied(file) {
      denials.add(file);
      count(file);
    },
    failed(file, error) {
      errors.set(file, (error as NodeJS.ErrnoException | undefined)?.code ?? String(error));
      count(file);
    },
    summary() {
      const parts = Array.from(errors, ([file, code]) => `Reading ${file} failed: ${code}.`).sort();
      if (denials.size > 0)
        parts.unshift(
          `Permission denied for ${[...denials].sort().join(', ')} of some processes; the rest of them is reported. Run as root, or grant CAP_SYS_PTRACE.`,
        );
      return parts.length > 0 ? new Error(parts.join(' ')) : undefined;
    },
  };
}
