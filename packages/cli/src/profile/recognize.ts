import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decode, ProfileError } from '@millrace/pprof';
import { harmless } from '../watch/harmless.ts';
import { parseFlamebearer } from './flamebearer-input.ts';
import { parseFolded } from './folded-input.ts';
import type { Input } from './input.ts';
import type { Loaded } from './loaded.ts';
import { ProfileProblem } from './problem.ts';

/** The profile in some bytes, whichever form it has. */
export function recognize({ name, label = name, bytes }: Input): Loaded {
  if (bytes.length === 0) throw new ProfileProblem(`${name} is empty.`);
  const text = textOf(plain(bytes));
  try {
    return { name: label, ...(text === undefined ? { profile: decode(bytes) } : ofText(text)) };
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw new ProfileProblem(`${name} is not a profile that can be read. ${harmless(error.message)}`);
  }
}

function ofText(text: string): Omit<Loaded, 'name'> {
  if (text.trim() === '') throw new ProfileError('There is nothing in it.');
  const begin = text.trimStart().slice(0, 200);
  if (/^[{[]/.test(begin)) return parseFlamebearer(text);
  if (begin.startsWith('<')) {
    const title = /<title[^>]*>([^<]*)</i.exec(text.slice(0, 10_000))?.[1];
    throw new ProfileError(
      `It is ${title === undefined ? 'markup' : `a web page: "${title.trim()}"`}. Is it the right address?`,
    );
  }
  if (/^(?:goroutine profile|heap profile|--- |# )/.test(begin))
    throw new ProfileError('It is the text form of a profile. Ask for the other one: without debug=1.');
  return { profile: parseFolded(text) };
}

const maxBytes = 256 * 1024 * 1024;

/** Without gzip or zstd, as far as that goes: what is wrong with them, the decoder says. */
function plain(bytes: Uint8Array): Uint8Array {
  const options = { maxOutputLength: maxBytes };
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) return gunzipSync(bytes, options);
    if (Buffer.from(bytes.subarray(0, 4)).equals(Buffer.of(0x28, 0xb5, 0x2f, 0xfd)))
      return zstdDecompressSync(bytes, options);
  } catch {
    return bytes;
  }
  return bytes;
}

/** Undefined if it is none. The first bytes of a pprof profile are lengths and small numbers, which no text has. */
function textOf(bytes: Uint8Array): string | undefined {
  // oxlint-disable-next-line no-control-regex -- what no text has
  if (/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(Buffer.from(bytes.subarray(0, 4096)).toString('latin1'))) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
