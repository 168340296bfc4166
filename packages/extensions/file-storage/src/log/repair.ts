import { rename, rm } from 'node:fs/promises';
import { codeOf, privateMode, realDisk, syncDirectory, writeAll } from './disk.ts';
import { checksum, footerFrame, frameSize, headerFrame, newSalt, recordFrame } from './frame.ts';
import { recordsOf, segmentPaths } from './inspect.ts';
import { lock } from './lock.ts';
import { FormatError, ackPath, loadSegment } from './segment.ts';
import type { Loaded } from './segment.ts';

export interface Repair {
  readonly path: string;
  /** `removed`: it held nothing more to deliver. `aside`: nothing of it could be read; it has `.bad` behind its name now. */
  readonly action: 'rewritten' | 'removed' | 'aside' | 'failed';
  /** Records that are kept. */
  readonly records: number;
  /** Bytes that could not be read. */
  readonly badBytes: number;
  readonly error?: unknown;
}

/**
 * Writes every segment that has bad bytes anew with what can be read of it, and returns what was done: nothing for sound
 * segments. Rejects if a process has the directory open.
 */
export async function repair(directory: string): Promise<Repair[]> {
  const lease = await lock(directory);
  try {
    const done: Repair[] = [];
    for (const path of await segmentPaths(directory)) {
      const result = await repairSegment(path);
      if (result !== undefined) done.push(result);
    }
    await syncDirectory(realDisk, directory);
    return done;
  } finally {
    await lease.release();
  }
}

async function repairSegment(path: string): Promise<Repair | undefined> {
  try {
    const loaded = await loadSegment(realDisk, path, { verify: true });
    if (loaded.bad.length === 0) return undefined;
    const { segment, bad } = loaded;
    const records = segment.unread.records;
    const badBytes = bad.reduce((sum, { offset, end }) => sum + end - offset, 0);
    if (records > 0) {
      await rewrite(loaded);
      return { path, action: 'rewritten', records, badBytes };
    }
    const isOurs = segment.acked.list.length > 0 || loaded.fileSize < frameSize;
    await (isOurs ? rm(path) : rename(path, `${path}.bad`));
    await rm(ackPath(segment), { force: true });
    return { path, action: isOurs ? 'removed' : 'aside', records, badBytes };
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    return { path, action: 'failed', records: 0, badBytes: 0, error };
  }
}

/** The new file has a salt of its own, so the old acknowledgements do not speak for it, whenever this is cut short. */
async function rewrite(loaded: Loaded): Promise<void> {
  const { path } = loaded.segment;
  const temporary = `${path}.tmp`;
  const salt = newSalt();
  const file = await realDisk.open(temporary, 'w', privateMode);
  try {
    await writeAll(file, [headerFrame(salt)], 0);
    let offset = frameSize;
    let count = 0;
    let items = 0;
    for await (const record of recordsOf(loaded)) {
      const { length } = record.bytes;
      const frame = recordFrame(salt, { length, items: record.items, checksum: checksum([record.bytes]) });
      await writeAll(file, [frame, record.bytes], offset);
      offset += frameSize + length;
      count++;
      items += record.items;
    }
    await writeAll(file, [footerFrame(salt, { records: count, items, offset })], offset);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await rm(ackPath({ path }), { force: true });
}
