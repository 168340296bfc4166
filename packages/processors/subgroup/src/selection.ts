import type { Classified } from './rules.ts';

export interface SelectionConfig {
  readonly include_groups: readonly string[];
  readonly exclude_groups: readonly string[];
  readonly disable_others: boolean;
}

/** Why a process is dropped, or undefined for one that stays. */
export type DropReason = 'others_disabled' | 'group_excluded';

/** Exclusion wins. With `include_groups`, what it does not name is excluded. */
export function selection(config: SelectionConfig): (classified: Classified) => DropReason | undefined {
  const included = config.include_groups.map(parsePattern);
  const excluded = config.exclude_groups.map(parsePattern);
  return (classified) => {
    if (config.disable_others && !classified.match) return 'others_disabled';
    if (included.length > 0 && !included.some((covers) => covers(classified))) return 'group_excluded';
    return excluded.some((covers) => covers(classified)) ? 'group_excluded' : undefined;
  };
}

/** `db`, `db/postgres`, or a subgroup wherever it is: an asterisk, a slash, and its name. */
function parsePattern(pattern: string): (classified: Classified) => boolean {
  const slash = pattern.indexOf('/');
  const group = slash < 0 ? pattern : pattern.slice(0, slash);
  const subgroup = slash < 0 ? '*' : pattern.slice(slash + 1);
  return (classified) =>
    (group === '*' || group === classified.group) && (subgroup === '*' || subgroup === classified.subgroup);
}
