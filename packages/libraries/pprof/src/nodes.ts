import { ProfileError } from './error.ts';
import type { Int64 } from './int64.ts';
import type { Profile } from './profile.ts';
import { createTexts } from './texts.ts';

/** What is one row or one frame: all of a function (by name), of a function in a file, of a file, or of a line. */
export type Granularity = 'function' | 'function_file' | 'file' | 'line';

export interface Frame {
  /** What pprof prints: the function's name, with the file and line where lines are told apart. */
  readonly name: string;
  readonly function: string;
  /** Of its first function, where functions are summed up by name. Empty: unknown. */
  readonly file: string;
  /** 0: unknown, or not told apart. */
  readonly line: Int64;
  /** The file of the binary or library, of the first location. Empty: unknown. */
  readonly binary: string;
}

/** The frames of a profile, and which of them each location stands for. */
export interface Nodes {
  readonly frames: readonly Frame[];
  /** The nodes of location `i` go from `start[i]` to `start[i + 1]`, the innermost inlined call first. */
  readonly start: Uint32Array;
  readonly node: Uint32Array;
}

export interface NodeOptions {
  readonly granularity?: Granularity;
  /** `caller`: an inlined call counts as its caller. */
  readonly inlined?: 'own' | 'caller';
}

export function nodesOf(profile: Profile, { granularity = 'function', inlined = 'own' }: NodeOptions): Nodes {
  const { locations } = profile;
  const { lines, lineStart } = locations;
  const frames = createFrames();
  const nodeOfLine = lineNodes(profile, granularity, frames);
  const start = new Uint32Array(locations.count + 1);
  const node = new Uint32Array(lines.function.length + locations.count);
  let length = 0;
  for (let location = 0; location < locations.count; location++) {
    const end = lineStart[location + 1]!;
    const begin = inlined === 'own' ? lineStart[location]! : Math.max(lineStart[location]!, end - 1);
    const binary = binaryOf(profile, location);
    if (begin === end) node[length++] = frames.intern({ binary });
    for (let line = begin; line < end; line++) node[length++] = nodeOfLine(line, binary);
    start[location + 1] = length;
  }
  return { frames: frames.list, start, node: node.subarray(0, length) };
}

/** Characters of all names together: a long one may be in as many frames as there are lines. */
const maxText = 2 ** 28;

interface FrameParts {
  readonly name?: string;
  /** What tells frames apart besides the name. */
  readonly file?: string;
  readonly line?: Int64;
  readonly binary: string;
  /** A file to show that does not tell frames apart. */
  readonly shownFile?: string;
}

interface Frames {
  readonly list: readonly Frame[];
  intern(parts: FrameParts): number;
}

function createFrames(): Frames {
  const texts = createTexts();
  const known = new Map<string, number>();
  const list: Frame[] = [];
  let length = 0;
  return {
    list,
    intern({ name = '', file = '', line = 0, binary, shownFile = file }) {
      // The binary stands in for what has neither name nor file.
      const own = name === '' && file === '' ? texts.intern(binary) : 0;
      const key = `${texts.intern(name)} ${texts.intern(file)} ${line} ${own}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const place = line === 0 ? file : `${file}:${line}`;
      const frame = { name: joined(name, place, binary), function: name, file: shownFile, line, binary };
      length += frame.name.length;
      if (length > maxText) throw new ProfileError(`The names have more than ${maxText} characters together.`);
      known.set(key, list.push(frame) - 1);
      return list.length - 1;
    },
  };
}

/** Functions come again and again in other lines: unless lines are told apart, their nodes are looked up by index first. */
function lineNodes(
  { strings, functions, locations: { lines } }: Profile,
  granularity: Granularity,
  frames: Frames,
): (line: number, binary: string) => number {
  const ofFunction = new Int32Array(functions.count).fill(-1);
  return (at, binary) => {
    const index = lines.function[at]!;
    if (ofFunction[index]! !== -1) return ofFunction[index]!;
    const name = strings.at(functions.name[index]!);
    const file = cleanPath(strings.at(functions.file[index]!));
    if (granularity === 'line') return frames.intern({ name, file, line: lines.line.at(at), binary });
    const parts =
      granularity === 'file' ? { file } : granularity === 'function' ? { name, shownFile: file } : { name, file };
    const node = frames.intern({ ...parts, binary });
    // What has neither name nor file is told apart by its binary, which may be another at another location.
    if (parts.name || parts.file) ofFunction[index] = node;
    return node;
  };
}

function joined(name: string, place: string, binary: string): string {
  if (name !== '' && place !== '') return `${name} ${place}`;
  if (name !== '' || place !== '') return name || place;
  return binary === '' ? '<unknown>' : `[${binary.slice(binary.lastIndexOf('/') + 1)}]`;
}

function binaryOf({ strings, locations, mappings }: Profile, location: number): string {
  const mapping = locations.mapping[location]!;
  return mapping === -1 ? '' : strings.at(mappings.file[mapping]!);
}

/** Without what says nothing: `/a/./b//c/../d` is `/a/b/d`. */
function cleanPath(path: string): string {
  const own = path.replace(/^\/proc\/self\/cwd\/(?:\.\/)?/, '');
  if (!/\/\/|(?:^|\/)\.{1,2}(?:\/|$)|.\/$/.test(own)) return own;
  const parts: string[] = [];
  for (const part of own.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !own.startsWith('/')) parts.push(part);
  }
  const clean = parts.join('/');
  return own.startsWith('/') ? `/${clean}` : clean || '.';
}
