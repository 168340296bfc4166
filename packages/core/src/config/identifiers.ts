import type { Kind } from './model.ts';

/** The collector's rules: `type` or `type/name`, and `signal` or `signal/name` for pipelines. */
const typePattern = /^[A-Za-z]\w{0,62}$/;
const namePattern = /^[^\p{Z}\p{C}\p{S}]{1,1024}$/u;

export interface Id {
  readonly type: string;
  readonly name?: string;
}

/** The parts of an id, or why it is none. */
export function parseId(id: string): Id | string {
  const slash = id.indexOf('/');
  const type = slash < 0 ? id : id.slice(0, slash);
  if (type === '') return 'the type is missing before the "/"';
  if (!typePattern.test(type)) return `"${type}" is not a type: letters, digits and "_", a letter first, at most 63`;
  if (slash < 0) return { type };
  const name = id.slice(slash + 1);
  if (name === '') return 'the name is missing after the "/"';
  if (!namePattern.test(name)) return `"${name}" is not a name: no blanks, control or symbol characters, at most 1024`;
  return { type, name };
}

export const kinds: readonly Kind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];

export type Section = `${Kind}s`;

/** The top-level key of a kind. */
export const sectionOf = (kind: Kind): Section => `${kind}s`;

export const aKind = (kind: Kind): string => (kind.startsWith('e') ? `an ${kind}` : `a ${kind}`);
