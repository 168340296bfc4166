import type { Attributes } from '@millrace/core';
import { isCut } from './name-table.ts';

/** What rules look at. Empty texts and lists: not known. */
export interface Process {
  readonly attributes: Attributes;
  /** What it is called; any of them may match. */
  readonly names: readonly string[];
  readonly commandLine: readonly string[];
  readonly user: readonly string[];
  readonly cgroup: readonly string[];
  /** The id and the name of its container. */
  readonly container: readonly string[];
}

/**
 * What the attributes of a process entity say, in the order in which rules are tried on it: by the script that an
 * interpreter runs, by its own name (`process.executable.name`), and if no rule knows these, by the file that runs and by
 * the first word of its command line. A name that the kernel has cut is made whole where one of the others goes on from it.
 */
export function processViews(attributes: Attributes): readonly Process[] {
  const text = (key: string): readonly string[] => {
    const value = attributes[key];
    return typeof value === 'string' && value !== '' ? [value] : [];
  };
  const process = {
    attributes,
    commandLine: commandLine(attributes),
    user: [...text('process.owner'), ...text('process.user.name')],
    cgroup: [...text('process.linux.cgroup'), ...text('process.cgroup')],
    container: [...text('container.id'), ...text('container.name')],
  };
  const others = [...text('process.executable.path').map(fileName), ...text('process.command').map(commandName)];
  const own = text('process.executable.name').map(
    (name) => (isCut(name) && others.find((other) => other.startsWith(name))) || name,
  );
  const script = [...own, ...others].some((name) => interpreter.test(name)) ? scriptNames(process.commandLine) : [];
  const rest = others.filter((name) => !own.includes(name));
  const views = [script, own, rest].filter((names) => names.length > 0).map((names) => ({ ...process, names }));
  return views.length > 0 ? views : [{ ...process, names: [] }];
}

const interpreter = /^(?:python|ruby|perl|node|nodejs|php|bash|sh|dash)[\d.]*$/;

/** `python3 -u /usr/bin/salt-minion -d` → salt-minion. Nothing where the program is in the command line itself. */
function scriptNames([line = '']: readonly string[]): readonly string[] {
  for (const word of line.split(/\s+/).slice(1)) {
    if (word === '-c' || word === '-e') return [];
    if (word !== '' && !word.startsWith('-')) return [fileName(word)].filter((name) => name !== '');
  }
  return [];
}

/** The attributes of a process of which only the name or the command line is known, as a user would type it. */
export function processFromText(commandLine: string): Attributes {
  const [command = ''] = commandLine.trim().split(/\s+/);
  return {
    'process.executable.name': commandName(command),
    'process.command': command,
    'process.command_line': commandLine.trim(),
  };
}

function commandLine(attributes: Attributes): readonly string[] {
  const line = attributes['process.command_line'];
  if (typeof line === 'string') return line === '' ? [] : [line];
  const parts = attributes['process.command_args'];
  return Array.isArray(parts) && parts.length > 0 ? [parts.join(' ')] : [];
}

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '');

/** `/usr/bin/python3 x` → python3, `-bash` → bash, `nginx: worker process` → nginx. */
const commandName = (command: string): string => fileName(command.split(' ', 1)[0]!).replace(/^-|:$/g, '');
