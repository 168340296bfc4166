import { callTree } from './call-tree.ts';
import { checkLength, joinLines } from './lines.ts';
import type { Profile } from './profile.ts';
import type { ViewOptions } from './view.ts';

/**
 * Collapsed stacks, as flamegraph.pl takes them: `main;parse;read 12`, a line for each stack that has a value, from the root
 * to the leaf. A semicolon in a name becomes a colon, the end of a line a space.
 */
export function folded(profile: Profile, options: ViewOptions = {}): string {
  const cleaned = new Map<string, string>();
  const clean = (name: string): string => {
    let text = cleaned.get(name);
    if (text === undefined) {
      text = name.replaceAll(';', ':').replace(/[\r\n]+/g, ' ');
      cleaned.set(name, text);
    }
    return text;
  };
  const paths: string[] = [];
  const lines: string[] = [];
  for (const { depth, name, self } of callTree(profile, options).nodes) {
    const below = depth === 0 ? '' : `${paths[depth - 1]};`;
    const own = clean(name);
    checkLength(below.length + own.length);
    paths[depth] = below + own;
    if (self !== 0) lines.push(`${paths[depth]} ${self}`);
  }
  return joinLines(lines);
}
