import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Kind } from './config/model.ts';
import type { AnyDefinition } from './definition.ts';
import { describeError, PermanentError } from './errors.ts';

/** Finds the definition that a config means by a type. */
export interface Plugins {
  /** Undefined if nothing installed has it. Rejects if what has it cannot be loaded. */
  find(kind: Kind, type: string): Promise<AnyDefinition | undefined>;
  /** The types that are at hand, for suggestions. */
  known(kind: Kind): Promise<readonly string[]>;
  /** What to install for a type that was not found. */
  installHint(kind: Kind, type: string): string;
  /** All definitions that are at hand. */
  all(): Promise<readonly AnyDefinition[]>;
}

export interface PluginOptions {
  /** Definitions given in code; they come first. */
  readonly components?: readonly AnyDefinition[];
  /** The config's `plugins`: package names, or paths to .js or .ts files. */
  readonly plugins?: readonly string[];
  /** Folders from which packages are looked up, and to which the paths in `plugins` are relative. The first wins. */
  readonly folders: readonly string[];
}

const kinds: readonly Kind[] = ['receiver', 'processor', 'exporter', 'connector', 'extension'];

/** A scraper is a receiver to those who write configs. */
export const kindOf = (definition: AnyDefinition): Kind =>
  definition.kind === 'scraper' ? 'receiver' : definition.kind;

/**
 * A type is found among the definitions given in code, then in what `plugins` lists, then as the package
 * `@millrace/<kind>-<type>` or `millrace-<kind>-<type>`. A type's name may go on after its package's: `otlp_http` is in
 * `@millrace/exporter-otlp`.
 */
export async function createPlugins({ components = [], plugins = [], folders }: PluginOptions): Promise<Plugins> {
  const listed = await Promise.all(plugins.map((plugin) => loadListed(plugin, folders)));
  const given = [...components, ...listed.flat()];
  const packages = new Map<string, Promise<readonly AnyDefinition[]>>();
  const load = (name: string): Promise<readonly AnyDefinition[]> => {
    let loading = packages.get(name);
    if (!loading) packages.set(name, (loading = loadPackage(name, folders)));
    return loading;
  };
  const installed = async (kind: Kind): Promise<readonly AnyDefinition[]> => {
    const loading = (await packageNames(kind, folders)).map((name) => load(name).catch(() => [])); // nobody asked for these by name
    return (await Promise.all(loading)).flat().filter((one) => kindOf(one) === kind);
  };

  const matches = (kind: Kind, type: string) => (definition: AnyDefinition) =>
    kindOf(definition) === kind && (definition.type === type || (definition.aliases?.includes(type) ?? false));

  async function all(): Promise<readonly AnyDefinition[]> {
    const found = [...given];
    for (const kind of kinds)
      for (const definition of await installed(kind))
        if (!found.some((other) => kindOf(other) === kind && other.type === definition.type)) found.push(definition);
    return found;
  }

  return {
    all,
    async find(kind, type) {
      const fits = matches(kind, type);
      const own = given.find(fits);
      if (own) return own;
      for (const name of candidates(kind, type)) {
        const found = (await load(name)).find(fits);
        if (found) return found;
      }
      return (await installed(kind)).find(fits); // under an alias that no package is named after
    },
    known: async (kind) =>
      (await all())
        .filter((definition) => kindOf(definition) === kind)
        .flatMap(({ type, aliases = [] }) => [type, ...aliases]),
    installHint: (kind, type) =>
      `no installed package has it; if one exists: npm install @millrace/${kind}-${dashed(type)} (or millrace-${kind}-${dashed(type)}), or name a package or file under "plugins"`,
  };
}

const dashed = (type: string): string => type.replaceAll('_', '-');

function* candidates(kind: Kind, type: string): Generator<string> {
  const parts = type.split('_');
  for (const scope of ['@millrace/', 'millrace-'])
    for (let length = parts.length; length > 0; length--) yield `${scope}${kind}-${parts.slice(0, length).join('-')}`;
}

async function loadPackage(name: string, folders: readonly string[]): Promise<readonly AnyDefinition[]> {
  const path = locate(name, folders);
  return path === undefined ? [] : loadModule(path, name);
}

async function loadListed(plugin: string, folders: readonly string[]): Promise<readonly AnyDefinition[]> {
  const isPath = plugin.startsWith('.') || isAbsolute(plugin);
  const path = isPath ? resolve(folders[0]!, plugin) : locate(plugin, folders);
  if (path === undefined)
    throw new PermanentError(
      `plugin ${plugin} is not installed: npm install ${plugin}, or give a path that starts with ./`,
    );
  return loadModule(path, plugin);
}

async function loadModule(path: string, name: string): Promise<readonly AnyDefinition[]> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (error) {
    throw new PermanentError(`plugin ${name} cannot be loaded: ${describeError(error)}`, { cause: error });
  }
  const definitions = (Array.isArray(module.default) ? module.default : [module.default]) as AnyDefinition[];
  for (const definition of definitions)
    if (!definition || typeof definition.create !== 'function' || typeof definition.type !== 'string')
      throw new PermanentError(
        `plugin ${name} has no definition as its default export: make one with defineReceiver, defineScraper, …`,
      );
  return definitions;
}

function locate(name: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, 'package.json')).resolve(name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND')
        throw new PermanentError(`package ${name}: ${describeError(error)}`, { cause: error });
    }
  }
  return undefined;
}

/** The packages of a kind in every node_modules that lookups from the folders would reach. */
async function packageNames(kind: Kind, folders: readonly string[]): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const start of folders) {
    for (let folder = resolve(start); ; folder = dirname(folder)) {
      const modules = join(folder, 'node_modules');
      for (const name of await entries(join(modules, '@millrace')))
        if (name.startsWith(`${kind}-`)) names.add(`@millrace/${name}`);
      for (const name of await entries(modules)) if (name.startsWith(`millrace-${kind}-`)) names.add(name);
      if (folder === dirname(folder)) break;
    }
  }
  return [...names].sort();
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
