import { realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { AnyValue, Attributes } from '@millrace/core';
import type { Config } from './config.ts';
import type { Found } from './find.ts';
import { namesOf } from './owner.ts';

/** The attributes that all records of a file have. */
export function createAttributes(config: Config): (found: Found) => Attributes {
  const users = namesOf('/etc/passwd');
  const groups = namesOf('/etc/group');
  return ({ path, owner }) => {
    const attributes: Record<string, AnyValue> = { ...(config.attributes as Record<string, AnyValue>) };
    if (config.include_file_name) attributes['log.file.name'] = basename(path);
    if (config.include_file_path) attributes['log.file.path'] = path;
    if (config.include_file_name_resolved) attributes['log.file.name_resolved'] = basename(resolved(path));
    if (config.include_file_path_resolved) attributes['log.file.path_resolved'] = resolved(path);
    if (config.include_file_owner_name) attributes['log.file.owner.name'] = users(owner.uid);
    if (config.include_file_owner_group_name) attributes['log.file.owner.group.name'] = groups(owner.gid);
    return attributes;
  };
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path); // it has just gone away
  }
}
