/** The versions of the engine's API that are known to be the same in all that is used here. */
export const oldestVersion = '1.24';
export const newestVersion = '1.52';

export const isVersion = (text: string): boolean => /^\d+\.\d+$/.test(text);

/** Below 0, 0 or above 0, as `a` is older than `b`, the same, or newer: 1.9 is older than 1.40. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA - majorB || minorA - minorB;
}

const older = (a: string, b: string): string => (compareVersions(a, b) <= 0 ? a : b);

/** What an engine says it speaks. `oldest` is not told by engines before 1.25. */
export interface Spoken {
  readonly newest: string;
  readonly oldest: string | undefined;
}

/** The highest version that both know, or the pinned one. Throws an error that says why there is none. */
export function negotiate({ newest, oldest }: Spoken, pinned: string | undefined): string {
  if (pinned !== undefined) {
    if (compareVersions(pinned, newest) > 0)
      throw new Error(`api_version is ${pinned}, and the engine speaks ${newest} at most.`);
    if (oldest !== undefined && compareVersions(pinned, oldest) < 0)
      throw new Error(`api_version is ${pinned}, and the engine speaks ${oldest} at least.`);
    return pinned;
  }
  const version = older(newest, newestVersion);
  if (compareVersions(version, oldestVersion) < 0)
    throw new Error(`The engine speaks the API ${newest} at most; ${oldestVersion} is needed.`);
  if (oldest !== undefined && compareVersions(version, oldest) < 0)
    throw new Error(`The engine speaks the API ${oldest} at least; ${newestVersion} is the newest that is known here.`);
  return version;
}
