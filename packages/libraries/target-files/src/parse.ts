import { extname } from 'node:path';
import { parse } from 'yaml';

/** A file that says targets is not as it should be. */
export class TargetFileError extends Error {
  override readonly name = 'TargetFileError';
}

/** Targets with the same labels, as a file says them. */
export interface TargetGroup {
  /** Of the file. */
  readonly path: string;
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Reads a list of target groups, JSON or YAML by the path's ending. Throws a TargetFileError. */
export function parseTargetFile(path: string, text: string): TargetGroup[] {
  const groups = read(path, text) ?? [];
  if (!Array.isArray(groups)) throw new TargetFileError('It has no list.');
  return groups.map((group: unknown, index) => {
    const where = `Its group ${index + 1}`;
    if (!isMap(group)) throw new TargetFileError(`${where} is no map with targets and labels.`);
    for (const key of Object.keys(group))
      if (key !== 'targets' && key !== 'labels')
        throw new TargetFileError(`${where} has the key ${key}; only targets and labels are allowed.`);
    const { targets, labels } = group;
    return { path, targets: targetsOf(targets ?? [], where), labels: labelsOf(labels ?? {}, where) };
  });
}

function read(path: string, text: string): unknown {
  try {
    // A label's value is the text that stands there: 1.10 is not 1.1.
    return extname(path).toLowerCase() === '.json' ? JSON.parse(text) : parse(text, { schema: 'failsafe' });
  } catch (error) {
    throw new TargetFileError('It cannot be read.', { cause: new Error((error as Error).message.split('\n', 1)[0]) });
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function targetsOf(targets: unknown, where: string): string[] {
  if (!Array.isArray(targets)) throw new TargetFileError(`${where} has targets that are no list.`);
  return targets.map((target: unknown) => {
    if (typeof target !== 'string') throw new TargetFileError(`${where} has a target that is no text.`);
    return target;
  });
}

function labelsOf(labels: unknown, where: string): Record<string, string> {
  // An empty map is a text in YAML's failsafe schema.
  if (labels === '') return {};
  if (!isMap(labels)) throw new TargetFileError(`${where} has labels that are no map.`);
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => {
      if (name === '' || !name.isWellFormed()) throw new TargetFileError(`${where} has a label without a name.`);
      if (typeof value !== 'string') throw new TargetFileError(`${where} has a label whose value is no text: ${name}.`);
      return [name, value];
    }),
  );
}
