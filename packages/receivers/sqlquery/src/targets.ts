import type { Attributes } from '@millrace/core';
import type { Driver, Target } from '@millrace/sql';
import type { Config } from './config.ts';

/** A database that a config names. */
export interface ConfiguredTarget {
  /** Empty if there is only one. */
  readonly name: string;
  readonly driver: string;
  readonly target: Target;
  /** It says where a database is. */
  readonly isPlaced: boolean;
}

export function targetsOf(config: Config): readonly ConfiguredTarget[] {
  if (!config.targets) return [targetOf('', config, config)];
  return Object.entries(config.targets).map(([name, own]) => {
    // A datasource says all that the parts say.
    const { datasource, host, port, database, username, password, ...shared } = config;
    const parts = own.datasource === undefined ? { datasource, host, port, database, username, password } : {};
    return targetOf(name, { ...shared, ...parts, ...own } as Config, config);
  });
}

function targetOf(name: string, own: Config, { read_only: readOnly }: Config): ConfiguredTarget {
  const { driver = '', datasource, host, port, database, username, password, additional_params: params } = own;
  return {
    name,
    driver,
    target: { datasource, host, port, database, username, password, params, readOnly },
    isPlaced: datasource !== undefined || host !== undefined || database !== undefined,
  };
}

/** The resource's: the semantic conventions' for databases, and the name that the config gives. */
export function attributesOf(name: string, driver: Driver, target: Target): Attributes {
  const { system, address, port, namespace } = driver.describe(target);
  return Object.freeze({
    'db.system.name': system,
    ...(address !== undefined && { 'server.address': address }),
    ...(port !== undefined && { 'server.port': port }),
    ...(namespace !== undefined && { 'db.namespace': namespace }),
    ...(name !== '' && { 'sqlquery.target': name }),
  });
}
