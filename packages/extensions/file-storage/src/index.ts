import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { defineExtension, describeError } from '@millrace/core';
import { config } from './config.ts';
import { makeDirectory } from './log/disk.ts';
import { openQueue } from './queue.ts';
import { safeName } from './safe-name.ts';
import type { State } from './state.ts';
import { openState } from './state.ts';

export default defineExtension({
  type: 'file_storage',
  description: 'Keeps sending queues and positions on disk, so that they outlive restarts, crashes and outages.',
  provides: ['storage'],
  config,
  check({ max_bytes: most, segment_bytes: segment }) {
    const problems = [];
    if (most < 64 * 1024) problems.push({ path: ['max_bytes'], message: 'must be at least 64KiB' });
    if (segment !== undefined && (segment < 4096 || segment > most))
      problems.push({ path: ['segment_bytes'], message: 'must be at least 4KiB, and at most max_bytes' });
    return problems;
  },
  async diagnose({ directory, create_directory: creates, max_bytes: most }) {
    try {
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
      const { bavail, bsize } = await statfs(directory);
      const free = `${directory} can be written; ${Math.floor((bavail * bsize) / 2 ** 20)} MiB are free.`;
      if (bavail * bsize >= most) return [{ level: 'ok', text: free }];
      return [{ level: 'warning', text: free, advice: 'That is less than the max_bytes of one queue.' }];
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isMissing && creates)
        return [{ level: 'ok', text: `${directory} does not exist yet; it is made at the start.` }];
      const advice = isMissing
        ? 'Make it, or set create_directory: true.'
        : 'Give the user that runs Millrace access to it.';
      return [{ level: 'error', text: describeError(error), advice }];
    }
  },
  create(settings, context) {
    const { directory } = settings;
    const mode = Number.parseInt(settings.directory_permissions, 8);
    // A component that is made anew by a reload goes on with the same.
    const states = new Map<string, Promise<State>>();
    return {
      async start() {
        if (settings.create_directory) await makeDirectory(directory, mode);
        if (!(await stat(directory)).isDirectory()) throw new Error(`${directory} is not a directory.`);
        await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
      },
      openState(name) {
        let state = states.get(name);
        if (!state) {
          const { fsync: sync, timeout: waitMs } = settings;
          state = openState({ directory: join(directory, safeName(name)), sync, waitMs, log: context.log });
          states.set(name, state);
          state.catch(() => states.delete(name));
        }
        return state;
      },
      async shutdown() {
        const open = [...states.values()];
        states.clear();
        for (const state of await Promise.allSettled(open))
          if (state.status === 'fulfilled') await state.value.release();
      },
      openBatches: (name) =>
        openQueue(name, context, {
          directory,
          maxBytes: settings.max_bytes,
          sync: settings.fsync,
          waitMs: settings.timeout,
          ...(settings.segment_bytes !== undefined && { segmentBytes: settings.segment_bytes }),
        }),
    };
  },
});
