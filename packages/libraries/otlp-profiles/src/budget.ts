import { ProfileError } from '@millrace/pprof';
import type { DecodeOptions } from '@millrace/pprof';
import type { Dictionary } from './decode-dictionary.ts';
import type { RawProfile } from './decode-profile.ts';
import type { LabelsOf } from './labels.ts';

/**
 * What all profiles of a request may come to, taken together: they refer to one dictionary, so that a small request could say
 * a huge one.
 */
export type Limits = DecodeOptions;

const defaults = { maxBytes: 256 * 1024 * 1024, maxEntries: 2 ** 21, maxDepth: 16_384, maxFrames: 2 ** 26 };

export const limitsOf = (limits: Limits): Required<Limits> => ({ ...defaults, ...limits });

export interface Budget {
  /** Called before a profile is written. */
  takeSamples(profile: RawProfile, where: string): void;
  /** Called after. */
  takeBytes(bytes: number): void;
}

export function createBudget(dictionary: Dictionary, labels: LabelsOf, limits: Required<Limits>): Budget {
  const depths = depthsOf(dictionary);
  let [frames, labelCount, bytes] = [0, 0, 0];
  return {
    takeSamples({ samples }, where) {
      for (let sample = 0; sample < samples.values.length; sample++) {
        const depth = depths[samples.stacks.at(sample)] ?? 0;
        if (depth > limits.maxDepth)
          throw new ProfileError(
            `Sample ${sample} of ${where} has ${depth} frames; maxDepth allows no more than ${limits.maxDepth}.`,
          );
        frames += depth;
        labelCount += labels.link(samples.links.at(sample)).length;
        for (const index of samples.attributes.list(sample)) labelCount += labels.attribute(index).length;
        if (frames > limits.maxFrames)
          throw new ProfileError(
            `The samples have more than ${limits.maxFrames} frames together; maxFrames allows no more.`,
          );
        if (labelCount > limits.maxEntries)
          throw new ProfileError(
            `The samples have more than ${limits.maxEntries} labels together; maxEntries allows no more.`,
          );
      }
    },
    takeBytes(more) {
      bytes += more;
      if (bytes > limits.maxBytes)
        throw new ProfileError(`The profiles come to more than ${limits.maxBytes} bytes; maxBytes allows no more.`);
    },
  };
}

/** Frames of each stack: a location has one for each of its lines, and one where it has none. */
function depthsOf({ stacks, locations }: Dictionary): Float64Array {
  const depths = new Float64Array(stacks.count);
  for (let stack = 1; stack < depths.length; stack++) {
    let depth = 0;
    for (let at = stacks.start(stack); at < stacks.end(stack); at++)
      depth += Math.max(1, locations[stacks.values.at(at)]?.lines.length ?? 0);
    depths[stack] = depth;
  }
  return depths;
}
