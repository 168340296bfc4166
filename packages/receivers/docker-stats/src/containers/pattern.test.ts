import { describe, expect, it } from 'vitest';
import { anyOf } from './pattern.ts';

describe('patterns', () => {
  it.each([
    { patterns: ['nginx'], yes: ['nginx'], no: ['nginx:1', 'my-nginx'] },
    { patterns: ['/my?egex/'], yes: ['megex', 'a-myegex-b'], no: ['mmgex'] },
    { patterns: ['!/my?egex/'], yes: ['other'], no: ['myegex'] },
    {
      patterns: ['another-*-container'],
      yes: ['another-x-container', 'another--container'],
      no: ['another-container'],
    },
    { patterns: ['!my*container'], yes: ['nginx'], no: ['mycontainer', 'my/own:container'] },
    { patterns: ['!nginx'], yes: ['redis'], no: ['nginx'] },
    { patterns: ['*/pause:*'], yes: ['registry.k8s.io/pause:3.9'], no: ['pause:3.9'] },
    {
      patterns: ['{redis,post[gq]res}:?'],
      yes: ['redis:7', 'postgres:1', 'postqres:2'],
      no: ['redis:10', 'postxres:1'],
    },
    { patterns: ['v[!0-8].x'], yes: ['v9.x'], no: ['v1.x', 'v9zx'] },
    { patterns: ['a.b', 'c+(d)|*'], yes: ['a.b', 'c+(d)|e'], no: ['axb', 'cc'] },
    { patterns: ['a\\*b*'], yes: ['a*bc'], no: ['axbc'] },
    { patterns: ['/^sha256:/', 'x'], yes: ['sha256:1', 'x'], no: ['y'] },
    { patterns: [], yes: [], no: ['', 'a'] },
  ])('$patterns', ({ patterns, yes, no }) => {
    const matches = anyOf(patterns);
    for (const text of yes) expect(matches(text), text).toBe(true);
    for (const text of no) expect(matches(text), text).toBe(false);
  });

  it('negated, matches when none of several texts matches', () => {
    expect(anyOf(['!team=core'])('team', 'team=core', 'a')).toBe(false);
    expect(anyOf(['!team=core'])('team', 'team=web')).toBe(true);
    expect(anyOf(['team=*'])('a', 'team=web')).toBe(true);
  });

  it.each(['/(/', 'a[b', '{a,b', 'a}*'])('%s is refused', (pattern) =>
    expect(() => anyOf([pattern])).toThrow(SyntaxError),
  );
});
