import { callTree } from './call-tree.ts';
import { joinLines } from './lines.ts';
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
    paths[depth] = depth === 0 ? clean(name) : `${paths[depth - 1]};${clean(name)}`;
    if (self !== 0) lines.push(`${paths[depth]} ${self}`);
  }
  return joinLines(lines);
}
