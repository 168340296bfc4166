import { ProfileError } from './error.ts';

/** Throws where there are too many of what `name` says. Called while they are read, before there is room for all of them. */
export type CheckSize = (name: string, count: number) => void;

export interface Limits {
  readonly checkSize: CheckSize;
  readonly maxDepth: number;
  readonly maxFrames: number;
}

export function checkDepth(depth: number, sample: number, { maxDepth }: Limits): void {
  if (depth > maxDepth)
    throw new ProfileError(`Sample ${sample + 1} has ${depth} frames; maxDepth allows no more than ${maxDepth}.`);
}

export function checkTotal(frames: number, { maxFrames }: Limits): void {
  if (frames > maxFrames)
    throw new ProfileError(`The samples have more than ${maxFrames} frames together; maxFrames allows no more.`);
}
