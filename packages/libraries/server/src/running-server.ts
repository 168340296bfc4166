export interface RunningServer {
  /** `host:port`, with the port that it has, or `unix:path`. */
  readonly address: string;
  /** Looks at its TLS files anew. */
  reload(): void;
  /** Takes nothing more; what is under way may end until the signal aborts, and is cut then. */
  close(signal: AbortSignal): Promise<void>;
}
