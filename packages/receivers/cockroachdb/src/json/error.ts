/** A text that is not JSON, or ends in the middle. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}
