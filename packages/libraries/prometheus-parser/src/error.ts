/**
 * A page that cannot be read, and what is wrong with it. One such line fails the whole page, as in Prometheus: what came
 * before it was handed on, so a caller that wants all or nothing keeps that until the page's `end()`.
 */
export class PageError extends Error {
  override readonly name = 'PageError';
  /** `syntax`: the page is not of its format. `limit`: it has more than is allowed. */
  readonly kind: 'syntax' | 'limit';
  /** From 1. */
  readonly line: number;
  /** The beginning of that line, at most 120 characters. */
  readonly excerpt: string;

  constructor(
    message: string,
    at: { readonly kind: 'syntax' | 'limit'; readonly line: number; readonly excerpt: string },
  ) {
    super(`Line ${at.line}: ${message}${at.excerpt === '' ? '' : `: ${at.excerpt}`}`);
    this.kind = at.kind;
    this.line = at.line;
    this.excerpt = at.excerpt;
  }
}
