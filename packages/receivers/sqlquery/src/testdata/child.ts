// A process that runs the receiver: `node child.ts CONFIG FOLDER`. Log bodies are appended to FOLDER/taken, one a line, and are
// on disk before they are taken; the position is a file beside it. Says a line of JSON when it has counted `COUNT` items.
import { mkdirSync, openSync, readFileSync, fsyncSync, writeFileSync, writeSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Consumer, itemCount, resolveConfig, standaloneContext, type Storage } from '@millrace/core';
import { config as schema } from '../config.ts';
import sqlquery from '../index.ts';

const [written = '', folder = ''] = process.argv.slice(2);
const count = Number(process.env['COUNT'] ?? Infinity);
mkdirSync(folder, { recursive: true });
const taken = openSync(join(folder, 'taken'), 'a');
const pathOf = (key: string): string => join(folder, encodeURIComponent(key));
const storage: Storage = {
  async get(key) {
    try {
      return readFileSync(pathOf(key));
    } catch {
      return undefined;
    }
  },
  async set(key, value) {
    writeFileSync(`${pathOf(key)}.new`, value);
    renameSync(`${pathOf(key)}.new`, pathOf(key));
  },
  async delete() {},
};

let items = 0;
const next: Consumer = {
  async consume(batch) {
    if (count === Infinity && batch.signal === 'logs') {
      const bodies = batch.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
      writeSync(taken, bodies.map(({ body }) => `${String(body)}\n`).join(''));
      fsyncSync(taken);
    }
    items += itemCount(batch);
    if (items >= count) {
      const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
      console.log(JSON.stringify({ items, maxRssKb: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1000 }));
      process.exit();
    }
  },
};
const resolved = resolveConfig(schema, JSON.parse(written) as never);
await sqlquery.create(resolved, { ...standaloneContext('sqlquery'), storage }, next).start!();
