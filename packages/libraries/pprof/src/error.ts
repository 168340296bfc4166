/** What is wrong with a profile and where: bytes that are no profile, a limit that was passed, a pattern that cannot be. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
}
