// Takes reports until it is killed, and says which it has acknowledged: node -C source child.ts <directory>
import fileStorage from '@millrace/extension-file-storage';
import { resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { createCache } from '../src/cache/cache.ts';
import { report } from './batches.ts';
import { configOf } from './server.ts';

const [directory] = process.argv.slice(2);
const files = fileStorage.create(
  resolveConfig(fileStorage.config, { directory: directory!, create_directory: true }),
  testContext({ clock: systemClock }),
);
await files.start!();
const storage = await files.openState!('report_cache');
const cache = createCache(configOf({ storage: 'file_storage', reports: 20 }), testContext({ storage, clock: systemClock }));
await cache.open();
for (let value = 1; ; value++) {
  await cache.take(report(['a', 'b'], value));
  process.stdout.write(`${value}\n`);
}
