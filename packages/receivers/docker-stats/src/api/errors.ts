/** The engine could not be asked, or gave no good answer. The message says which engine, what was asked and what came. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** Of the answer; undefined if there was none. */
  readonly status: number | undefined;
  constructor(message: string, options?: ErrorOptions & { readonly status?: number }) {
    super(message, options);
    this.status = options?.status;
  }

  /** There is no such container. Podman 4 answers inspecting one that was just removed with 500. */
  get isGone(): boolean {
    return this.status === 404 || (this.status === 500 && /no such container/i.test(this.message));
  }
}

/** What became of a connection, with advice where there is some. */
export function unreachable(shown: string, path: string, cause: unknown): EngineError {
  const { code } = cause as NodeJS.ErrnoException;
  const asked = `GET ${path} of the engine at ${shown}`;
  if (code === 'EACCES' || code === 'EPERM')
    return new EngineError(`Permission denied for ${shown}: run as root, or as a member of the socket's group.`);
  if (code === 'ENOENT') return new EngineError(`There is no engine at ${shown}: the socket does not exist.`);
  if (code === 'ECONNREFUSED') return new EngineError(`No engine listens at ${shown}.`);
  return new EngineError(`${asked} failed`, { cause });
}

/** The engine's own words out of an answer that is an error: JSON with a message, or text. */
export function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message.trim();
  } catch {
    // Old engines and proxies answer text.
  }
  return beginning(body) || 'nothing else was said';
}

export const beginning = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
};
