import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeError, PermanentError } from '@millrace/core';
import type { Driver } from './driver.ts';

/** Other names of databases, and of those that speak the same protocol. */
const aliases: Readonly<Record<string, string>> = {
  postgres: 'postgresql',
  pgx: 'postgresql',
  cockroachdb: 'postgresql',
  timescaledb: 'postgresql',
  mariadb: 'mysql',
  sqlite3: 'sqlite',
  sqlserver: 'mssql',
  azuresql: 'mssql',
  tds: 'mssql',
  godror: 'oracle',
  sqreamdb: 'sqream',
};

const ownName = /^[a-z][a-z0-9_-]*$/;
const isPath = (name: string): boolean => name.startsWith('.') || name.startsWith('/');

/** The name under which a driver goes: `postgresql` for `postgres`. */
export const driverName = (name: string): string => aliases[name] ?? name;

/** What is wrong with a name that a config gives to a driver. */
export const driverNameProblem = (name: string): string | undefined =>
  ownName.test(name) || isPath(name)
    ? undefined
    : `no driver can be called ${JSON.stringify(name)}: give a name such as postgres, mysql or sqlite, or a path that starts with ./`;

/**
 * The driver of a name: the package `@millrace/sql-<name>`, then `millrace-sql-<name>`, or a file (`./my-driver.ts`, from the
 * working directory). Rejects with a PermanentError that says what to install.
 */
export async function loadDriver(name: string): Promise<Driver> {
  const wrong = driverNameProblem(name);
  if (wrong !== undefined) throw new PermanentError(`The driver cannot be loaded: ${wrong}.`);
  if (isPath(name)) return driverOf(await importing(pathToFileURL(resolve(name)).href, name), name);
  const own = driverName(name);
  for (const specifier of [`@millrace/sql-${own}`, `millrace-sql-${own}`]) {
    const module = await importPackage(specifier);
    if (module) return driverOf(module, specifier);
  }
  throw new PermanentError(
    `The driver ${name} is not installed: npm install @millrace/sql-${own} (or give the path of a file, ./my-driver.ts).`,
  );
}

/** Beside this package, or from the working directory; undefined where it is in neither place. */
async function importPackage(specifier: string): Promise<unknown> {
  try {
    return await import(specifier);
  } catch (error) {
    if (!isMissing(error, specifier)) throw broken(specifier, error);
  }
  let path: string;
  try {
    path = createRequire(join(process.cwd(), 'package.json')).resolve(specifier);
  } catch {
    return undefined;
  }
  return importing(pathToFileURL(path).href, specifier);
}

const importing = (url: string, name: string): Promise<unknown> =>
  import(url).catch((error: unknown) => {
    throw broken(name, error);
  });

const broken = (name: string, error: unknown): PermanentError =>
  new PermanentError(`The driver ${name} cannot be loaded: ${describeError(error)}`, { cause: error });

/** Whether it is this package that is missing, and not one that it needs. */
const isMissing = (error: unknown, specifier: string): boolean => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code === 'ERR_MODULE_NOT_FOUND' || code === undefined) && message.includes(`'${specifier}'`);
};

function driverOf(module: unknown, name: string): Driver {
  const driver = (module as { default?: Partial<Driver> }).default;
  if (typeof driver?.connect !== 'function' || typeof driver.describe !== 'function' || typeof driver.name !== 'string')
    throw new PermanentError(`${name} is no driver: its default export needs name, describe and connect.`);
  return driver as Driver;
}
