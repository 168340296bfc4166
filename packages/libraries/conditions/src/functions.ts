import { ConditionError, listed } from './error.ts';
import type { Value } from './fields.ts';
import { asText } from './fields.ts';
import { regexOf } from './regex.ts';

/** A function with its fixed arguments built in: what it says of the first. */
export type Applied = (value: Value) => Value;

export interface FunctionRule {
  /** What its arguments after the first are, which must be written out. */
  readonly texts: readonly string[];
  readonly returns: 'truth' | 'value';
  /** `column` is that of the text. */
  make(text: string, column: number): Applied;
}

const truth = (says: Applied): FunctionRule => ({ texts: [], returns: 'truth', make: () => says });
const value = (says: Applied): FunctionRule => ({ texts: [], returns: 'value', make: () => says });

/** Those of OTTL that conditions are mostly written with. */
export const functions: Readonly<Record<string, FunctionRule>> = {
  IsMatch: {
    texts: ['a regular expression'],
    returns: 'truth',
    make(pattern, column) {
      const regex = regexOf(pattern, column);
      return (given) => {
        const text = asText(given);
        return text !== undefined && regex.test(text);
      };
    },
  },
  HasPrefix: {
    texts: ['a text'],
    returns: 'truth',
    make: (prefix) => (given) => typeof given === 'string' && given.startsWith(prefix),
  },
  HasSuffix: {
    texts: ['a text'],
    returns: 'truth',
    make: (suffix) => (given) => typeof given === 'string' && given.endsWith(suffix),
  },
  IsString: truth((given) => typeof given === 'string'),
  IsBool: truth((given) => typeof given === 'boolean'),
  IsInt: truth((given) => typeof given === 'bigint' || Number.isInteger(given)),
  IsDouble: truth((given) => typeof given === 'number' && !Number.isInteger(given)),
  IsList: truth((given) => Array.isArray(given)),
  IsMap: truth(
    (given) => typeof given === 'object' && given !== null && !Array.isArray(given) && !(given instanceof Uint8Array),
  ),
  ToLowerCase: value((given) => (typeof given === 'string' ? given.toLowerCase() : undefined)),
  ToUpperCase: value((given) => (typeof given === 'string' ? given.toUpperCase() : undefined)),
  Len: value((given) => {
    if (typeof given === 'string') return Buffer.byteLength(given);
    if (typeof given !== 'object' || given === null) return undefined;
    return given instanceof Uint8Array || Array.isArray(given) ? given.length : Object.keys(given).length;
  }),
};

export function functionOf(name: string, column: number): FunctionRule {
  if (Object.hasOwn(functions, name)) return functions[name]!;
  const known = Object.keys(functions);
  const meant = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (meant) throw new ConditionError(column, `there is no function ${name}; did you mean ${meant}?`);
  throw new ConditionError(column, `there is no function ${name}; there are ${listed([...known, 'IsRootSpan'])}`);
}
