/** A query, its profile type or a time is none, as a sentence that says what is allowed. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
}

/** The server has nothing of any profile type in the time that was asked for. */
export class NoProfiles extends Error {
  override readonly name = 'NoProfiles';
  constructor() {
    super('The Pyroscope server has no profiles at all in this window.');
  }
}

/** Neither generation answered as it would. */
export class UnknownServer extends Error {
  override readonly name = 'UnknownServer';
}

/** The profiles of a boundary changed between two questions; the window has to be asked for again. */
export class BoundaryMoved extends Error {
  override readonly name = 'BoundaryMoved';
  constructor() {
    super('A profile came for the boundary of the window while it was asked for.');
  }
}
