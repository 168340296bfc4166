import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Batch,
  type Context,
  dropCounter,
  itemCount,
  stateLog,
  type StoredBatch,
  type StoredBatches,
} from '@millrace/core';
import { fromRecord, toRecord } from './envelope.ts';
import { openRecordLog } from './log/log.ts';
import type { LogOptions, RecordLog } from './log/log.ts';
import { createOrigins, markOf } from './origins.ts';
import { safeName } from './safe-name.ts';

/** The folder of a queue, within the directory of the extension. Copies of a pipeline (`service.workers`) have one each. */
export const folderOf = (name: string, copy: number): string =>
  copy === 0 ? safeName(name) : `${safeName(name)}@${copy}`;

/** Opens the queue of that name; with it those of copies that do not run any more, whose batches come first. */
export async function openQueue(name: string, context: Context, options: LogOptions): Promise<StoredBatches> {
  const { copy } = context;
  const parent = options.directory;
  const queue = await openOne(folderOf(name, copy.index), context, options);
  if (copy.index > 0) return queue;
  const orphans: StoredBatches[] = [];
  for (const folder of await readdir(parent)) {
    const [own, index] = folder.split('@');
    if (own !== folderOf(name, 0) || Number(index ?? 0) < copy.count) continue;
    orphans.push(await openOne(folder, context, options));
  }
  return orphans.length === 0 ? queue : withOrphans(queue, orphans);
}

async function openOne(folder: string, context: Context, options: LogOptions): Promise<StoredBatches> {
  const directory = join(options.directory, folder);
  const { log: logger, meter, id: component } = context;
  const attributes = { component, queue: folder };
  const lostRecords = meter.createCounter('millrace_storage_lost_records', {
    unit: '{record}',
    description: 'Records of a queue on disk that could not be read.',
  });
  const diskBytes = meter.createObservableGauge('millrace_storage_disk_bytes', {
    unit: 'By',
    description: 'Bytes on disk of a queue.',
  });
  const drop = dropCounter(context);
  const writing = stateLog(logger);
  const origins = createOrigins(directory, { sync: options.sync ?? true, log: logger });

  const log: RecordLog = await openRecordLog({
    ...options,
    directory,
    opening: () => origins.load(),
    removing: (segment) => origins.keep(segment),
    events: {
      corrupt: ({ segment, offset, bytes, reason }) =>
        logger.debug({ segment, offset, bytes, reason }, 'Skipped bytes of a queue that cannot be read.'),
      lost({ segment, records, items }) {
        lostRecords.add(records, attributes);
        drop(items, 'damaged on disk');
        logger.error({ segment, records, items }, 'Some of a queue on disk cannot be read. The rest is delivered.');
      },
      torn: ({ segment, bytes }) =>
        logger.info({ segment, bytes }, 'Cut off a record that was not completely written when the process ended.'),
      trouble: (error) => writing.trouble(`The disk does not take all of the queue ${folder}.`, error),
      recovered: () => writing.fine(`The disk takes the queue ${folder} again.`),
    },
  });
  const observe: Parameters<typeof diskBytes.addCallback>[0] = (result) => result.observe(log.diskBytes, attributes);
  diskBytes.addCallback(observe);

  async function read(): Promise<StoredBatch | undefined> {
    for (;;) {
      const record = await log.read();
      if (record === undefined) return undefined;
      const { entry } = record;
      try {
        const batch = record.kept === undefined ? fromRecord(record.bytes) : (record.kept as Batch);
        if (batch !== undefined) return { batch, done: () => log.ack(entry) };
        logger.error({ ...entry }, 'A later version of Millrace has stored a batch, which is kept for it.');
      } catch (error) {
        logger.error({ error, ...entry }, 'What is stored is no batch, and is dropped.');
        drop(entry.items, 'damaged on disk');
        log.ack(entry);
      }
    }
  }

  return {
    get size() {
      return { batches: log.records, items: log.items, bytes: log.bytes };
    },
    async append(batch) {
      const mark = markOf(batch);
      if (mark && origins.has(mark)) return;
      if (mark) await origins.begin();
      const { segment } = await log.append(toRecord(batch), { items: itemCount(batch), keep: batch });
      if (mark) origins.stored(mark, segment);
    },
    read,
    async close() {
      diskBytes.removeCallback(observe);
      await log.close();
      if (log.records === 0) await rmdir(directory).catch(() => {});
    },
  };
}

function withOrphans(queue: StoredBatches, orphans: readonly StoredBatches[]): StoredBatches {
  const all = [...orphans, queue];
  const sum = (of: 'batches' | 'items' | 'bytes'): number => all.reduce((total, { size }) => total + size[of], 0);
  return {
    get size() {
      return { batches: sum('batches'), items: sum('items'), bytes: sum('bytes') };
    },
    append: (batch) => queue.append(batch),
    async read() {
      for (const one of all) {
        const batch = await one.read();
        if (batch !== undefined) return batch;
      }
      return undefined;
    },
    async close() {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
