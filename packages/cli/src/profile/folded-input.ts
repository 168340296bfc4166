import { fromStacks, type Profile, ProfileError } from '@millrace/pprof';

const maxDepth = 16_384;
const maxFrames = 2 ** 24;

/** Collapsed stacks: `main;parse;read 12`, a line each, from the root to the leaf. */
export function parseFolded(text: string): Profile {
  const stacks: { frames: readonly string[]; values: readonly number[] }[] = [];
  let total = 0;
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    const own = line.trimEnd();
    if (own === '') continue;
    const { path, value } = /^(?<path>.*\S)\s+(?<value>-?\d+(?:\.\d+)?)$/.exec(own)?.groups ?? {};
    if (path === undefined)
      throw new ProfileError(
        `It is text, but not of stacks: line ${number} has no number at its end: ${JSON.stringify(own.slice(0, 80))}.`,
      );
    const frames = path.split(';');
    if (frames.length > maxDepth) throw new ProfileError(`Line ${number} has more than ${maxDepth} frames.`);
    total += frames.length;
    if (total > maxFrames) throw new ProfileError(`The stacks have more than ${maxFrames} frames.`);
    stacks.push({ frames, values: [Number(value)] });
  }
  return fromStacks(stacks, { sampleTypes: [{ type: 'samples', unit: 'count' }] });
}
