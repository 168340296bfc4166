/**
 * The part of JSON Schema that a component's config may use, and the TypeScript types that follow from it. A schema is a
 * literal; what `create` receives is inferred from it.
 */
import type { Capability } from './definition.ts';

interface Described<T> {
  /** One sentence; the config table of the README and the editor show it. */
  readonly description: string;
  readonly default?: T;
}

/**
 * - `duration`: `10s`, `1m30s`, `500ms`; `create` receives milliseconds.
 * - `bytes`: `64MiB`, `1kB`, or a whole number of bytes; `create` receives bytes.
 * - `secret`: redacted wherever a config is printed.
 * - `regex`: a JavaScript regular expression, checked with the config.
 * - `endpoint`: `host:port`.
 * - `extension`: the id of an extension that `provides` what the schema says, declared and started by the config.
 */
export type Format = 'duration' | 'bytes' | 'secret' | 'regex' | 'endpoint' | 'uri' | 'extension';

export interface StringSchema extends Described<string> {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: Format;
  /** With `format: 'extension'`: what it must provide. */
  readonly provides?: Capability;
  readonly minLength?: number;
  /** Two components of a config cannot have the same: where a server listens (`host:port`), or a file or folder. */
  readonly exclusive?: 'address' | 'path';
}

export interface NumberSchema extends Described<number> {
  readonly type: 'number' | 'integer';
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

export interface BooleanSchema extends Described<boolean> {
  readonly type: 'boolean';
}

export interface ArraySchema extends Described<readonly unknown[]> {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
}

/** A map whose keys the user chooses: `additionalProperties` says what its values are. */
export interface MapSchema extends Described<object> {
  readonly type: 'object';
  readonly additionalProperties: Schema;
}

export interface ObjectSchema extends Described<object>, ConfigSchema {
  readonly type: 'object';
}

/** A value of one of several shapes, told apart by their types. */
export interface UnionSchema extends Described<unknown> {
  readonly anyOf: readonly Schema[];
}

export type Schema = StringSchema | NumberSchema | BooleanSchema | ArraySchema | MapSchema | ObjectSchema | UnionSchema;

/** A component's whole config. Unknown keys are refused. */
export interface ConfigSchema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

type Mode = 'config' | 'input';

/** How deep a config may nest and still be typed: without an end, the types of a schema that is not known would have none. */
type Depth = 0 | 1 | 2 | 3 | 4 | 5 | 6;
type Less<D extends Depth> = [0, 0, 1, 2, 3, 4, 5][D];

type Value<S, M extends Mode, D extends Depth> = D extends 0
  ? unknown
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly type: 'string'; readonly format: 'duration' | 'bytes' }
      ? M extends 'config'
        ? number
        : string
      : S extends { readonly type: 'string' }
        ? string
        : S extends { readonly type: 'number' | 'integer' }
          ? number
          : S extends { readonly type: 'boolean' }
            ? boolean
            : S extends { readonly type: 'array'; readonly items: infer I }
              ? readonly Value<I, M, Less<D>>[]
              : S extends { readonly properties: object }
                ? Typed<S, M, Less<D>>
                : S extends { readonly additionalProperties: infer A }
                  ? { readonly [key: string]: Value<A, M, Less<D>> }
                  : S extends { readonly anyOf: readonly (infer A)[] }
                    ? Value<A, M, Less<D>>
                    : never;

type RequiredKey<S> = S extends { readonly required: readonly (infer R)[] } ? R : never;

type DefaultedKey<P> = { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P];

/** The keys that are there for sure: of what a user writes, the required ones; of what `create` receives, defaulted ones too. */
type PresentKey<S extends { readonly properties: object }, M extends Mode> = keyof S['properties'] &
  (RequiredKey<S> | (M extends 'config' ? DefaultedKey<S['properties']> : never));

type Typed<S extends { readonly properties: object }, M extends Mode, D extends Depth> = {
  readonly [K in PresentKey<S, M>]: Value<S['properties'][K], M, D>;
} & {
  readonly [K in Exclude<keyof S['properties'], PresentKey<S, M>>]?: Value<S['properties'][K], M, D>;
};

/** What `create` receives: required and defaulted keys are there, durations are milliseconds, sizes are bytes. */
export type ConfigOf<S extends ConfigSchema> = Typed<S, 'config', 6>;

/** What a user writes: defaulted keys may be left out. */
export type InputOf<S extends ConfigSchema> = Typed<S, 'input', 6>;
