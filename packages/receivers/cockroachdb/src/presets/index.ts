import { replication } from './replication.ts';
import { runtime } from './runtime.ts';
import { sql } from './sql.ts';
import { storage } from './storage.ts';

/** What may be asked for of `/_status/vars`, by the names that a config has. Nothing else of the page is looked at. */
export const presets = {
  byName: { sql, storage, replication, runtime },
  metrics: { ...sql, ...storage, ...replication, ...runtime },
} as const;

export type PresetName = keyof typeof presets.byName;
export const presetNames = Object.keys(presets.byName) as PresetName[];
