import type { Selection } from './config.ts';
import { executableName } from './identity.ts';
import type { Identity } from './process.ts';

/** Whether `include` and `exclude` let a process through. */
export function processFilter(include: Selection, exclude: Selection): (identity: Identity) => boolean {
  const includes = isEmpty(include) ? undefined : matcher(include);
  const excludes = isEmpty(exclude) ? undefined : matcher(exclude);
  return (identity) => (includes?.(identity) ?? true) && !(excludes?.(identity) ?? false);
}

const isEmpty = ({ names, users, cgroups, command_lines }: Selection): boolean =>
  names.length + users.length + cgroups.length + command_lines.length === 0;

function matcher({ names, match_type, users, cgroups, command_lines }: Selection): (identity: Identity) => boolean {
  const nameTests = match_type === 'regexp' ? names.map((name) => new RegExp(name)) : names.map(wholeText);
  const userTests = users.map(wholeText);
  const cgroupTests = cgroups.map(glob);
  const lineTests = command_lines.map((line) => new RegExp(line));
  const fits = (tests: readonly RegExp[], text: string | undefined): boolean =>
    tests.length === 0 || (text !== undefined && tests.some((test) => test.test(text)));
  return (identity) => {
    const { owner, cgroup, commandLine } = identity;
    return (
      fits(nameTests, executableName(identity)) &&
      fits(userTests, owner) &&
      fits(cgroupTests, cgroup?.path) &&
      fits(lineTests, typeof commandLine === 'object' ? commandLine.line : undefined)
    );
  };
}

const wholeText = (text: string): RegExp => new RegExp(`^${escape(text)}$`, 's');

/** `*` stands for any characters. */
const glob = (pattern: string): RegExp => new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`, 's');

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
