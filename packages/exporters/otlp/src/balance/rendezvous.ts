/** FNV-1a. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/** MurmurHash3's last step: every bit of the input reaches every bit of the output. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export interface Place<T> {
  readonly hash: number;
  readonly place: T;
}

/**
 * Rendezvous hashing (https://en.wikipedia.org/wiki/Rendezvous_hashing): every place gets a score for the key, and the
 * highest has it. When a place goes, only its keys move, evenly to all others; when it comes back, they do.
 */
export function highest<T>(key: number, places: readonly Place<T>[]): T | undefined {
  let best: T | undefined;
  let most = -1;
  for (const { hash, place } of places) {
    const score = mix(key ^ hash);
    if (score <= most) continue;
    most = score;
    best = place;
  }
  return best;
}
