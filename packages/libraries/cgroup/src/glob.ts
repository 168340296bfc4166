/**
 * Globs over cgroup paths: `*` and `?` stand for characters but no slash, `**` as a whole segment for any number of segments,
 * none too; `[a-z]`, `[!a-z]` and `{a,b}` as in a shell. A backslash stands for itself, because systemd has it in names
 * (`dev-sda\x2d1.swap`).
 */
export interface Glob {
  readonly start: Positions;
  /** Where the patterns stand after one more segment of a path. None: nothing below can match. */
  advance(positions: Positions, segment: string): Positions;
  /** Whether anything below can match. */
  goesOn(positions: Positions): boolean;
  /** Whether a path that ends here matches. */
  accepts(positions: Positions): boolean;
}

/** Places in the patterns, each how many segments of it are matched. */
type Positions = readonly Position[];
type Position = readonly [pattern: number, at: number];

type Segment = RegExp | 'any';

export function compileGlob(patterns: readonly string[]): Glob {
  const compiled = patterns.flatMap(expandBraces).map((pattern) => segmentsOf(pattern).map(compileSegment));

  // `**` may stand for nothing, so who stands before it stands behind it as well.
  function close(positions: Position[]): Position[] {
    for (const [pattern, at] of positions) if (compiled[pattern]![at] === 'any') positions.push([pattern, at + 1]);
    return positions;
  }

  return {
    start: close(compiled.map((_, pattern) => [pattern, 0])),
    advance(positions, name) {
      const next: Position[] = [];
      for (const [pattern, at] of positions) {
        const segment = compiled[pattern]![at];
        if (segment === undefined) continue;
        if (segment === 'any') next.push([pattern, at]);
        else if (segment.test(name)) next.push([pattern, at + 1]);
      }
      return next.length > 0 ? close(next) : next;
    },
    goesOn: (positions) => positions.some(([pattern, at]) => at < compiled[pattern]!.length),
    accepts: (positions) => positions.some(([pattern, at]) => at === compiled[pattern]!.length),
  };
}

/** Whether a path matches any of the patterns. */
export function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  const glob = compileGlob(patterns);
  return (path) => glob.accepts(segmentsOf(path).reduce((at, segment) => glob.advance(at, segment), glob.start));
}

export const segmentsOf = (path: string): string[] => path.split('/').filter((segment) => segment !== '');

function compileSegment(segment: string): Segment {
  if (segment === '**') return 'any';
  const source = segment.replace(
    /\[(!|\^)?(\]?[^\]]*)\]|\*+|\?|[\\^$.+()|[\]{}]/g,
    (found, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\][^]/g, '\\$&')}]`;
      if (found.startsWith('*')) return '.*';
      return found === '?' ? '.' : `\\${found}`;
    },
  );
  return new RegExp(`^${source}$`, 's');
}

/** `/a{b,c}` → `/ab`, `/ac`. Braces may nest; one without its other stands for itself. */
function expandBraces(pattern: string): string[] {
  const [whole, before, choices, after] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern) ?? [];
  if (whole === undefined) return [pattern];
  return choices!.split(',').flatMap((choice) => expandBraces(`${before}${choice}${after}`));
}
