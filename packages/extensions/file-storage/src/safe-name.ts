import { createHash } from 'node:crypto';

/** A name for a file or a folder, another one for each text: without slashes, and not too long. */
export function safeName(text: string): string {
  const safe = encodeURIComponent(text).replaceAll('%2F', '+');
  if (safe.length <= 150) return safe;
  return `${safe.slice(0, 100)}+${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}
