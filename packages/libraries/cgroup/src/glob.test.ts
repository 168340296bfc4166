import { expect, it } from 'vitest';
import { pathMatcher } from './glob.ts';

it.each([
  { patterns: ['/docker/*'], yes: ['/docker/abc'], no: ['/docker', '/docker/abc/def', '/dockers/abc', '/'] },
  { patterns: ['/**'], yes: ['/', '/a', '/a/b/c'], no: [] },
  {
    patterns: ['/system.slice/**/*.scope'],
    yes: ['/system.slice/a.scope', '/system.slice/b/c/a.scope'],
    no: ['/system.slice', '/system.slice/axscopes'],
  },
  { patterns: ['/**/pod*/*'], yes: ['/kubepods/pod1/x', '/pod2/y'], no: ['/kubepods/pod1'] },
  { patterns: ['/a/**/b/**/c'], yes: ['/a/b/c', '/a/x/b/y/z/c', '/a/b/b/c'], no: ['/a/c', '/a/b'] },
  { patterns: ['/{a,b{c,d}}/x?'], yes: ['/a/x1', '/bc/x2', '/bd/x3'], no: ['/b/x1', '/a/x', '/a/x12'] },
  { patterns: ['/[a-c]x', '/[!0-9]y'], yes: ['/ax', '/cx', '/zy'], no: ['/dx', '/1y'] },
  { patterns: ['/a.b+(c)|d$'], yes: ['/a.b+(c)|d$'], no: ['/aXb+(c)|d$'] },
  { patterns: ['/dev-sda\\x2d1.swap'], yes: ['/dev-sda\\x2d1.swap'], no: ['/dev-sda-1.swap'] },
  { patterns: ['docker/*/'], yes: ['/docker/abc'], no: [] },
  { patterns: [], yes: [], no: ['/', '/a'] },
])('$patterns', ({ patterns, yes, no }) => {
  const matches = pathMatcher(patterns);
  for (const path of yes) expect(matches(path), path).toBe(true);
  for (const path of no) expect(matches(path), path).toBe(false);
});
