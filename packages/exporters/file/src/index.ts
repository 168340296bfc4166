import { type Batch, defineExporter, dropCounter, itemCount, PermanentError, stateLog, toError } from '@millrace/core';
import { check, config } from './config.ts';
import { createFiles } from './files.ts';
import { createFrame } from './frame.ts';
import { groupByPath, pathFor } from './group.ts';
import { PathInUseError } from './lock.ts';

export default defineExporter({
  type: 'file',
  description: 'Writes what arrives to files, as OTLP in JSON or protobuf.',
  signals: ['metrics', 'logs', 'traces', 'profiles'],
  delivery: 'direct',
  config,
  check,
  create(settings, context) {
    const { path, group_by: groupBy } = settings;
    const files = createFiles(settings, context);
    const frame = createFrame(settings);
    const dropped = dropCounter(context);
    const naming = stateLog(context.log);
    /** Of a batch that comes again because some of its files failed: those that have their part. */
    const written = new WeakMap<Batch, Set<string>>();
    /** Files of a group that another exporter writes to, and since when that is known. */
    const contested = new Map<string, number>();
    const underWay = new Set<Promise<void>>();
    let hasTried = false;

    async function write(to: string, batch: Batch): Promise<void> {
      const record = await frame(batch);
      await files.writer(to).write(record);
    }

    async function writeGroups(batch: Batch): Promise<void> {
      const { byPath, without } = groupByPath(batch, ({ attributes }) =>
        pathFor(path, attributes[groupBy.resource_attribute]),
      );
      const done = written.get(batch) ?? new Set();
      const errors: Error[] = [];
      for (const [to, part] of byPath) {
        if (done.has(to)) continue;
        try {
          await write(to, part);
          done.add(to);
          contested.delete(to);
        } catch (error) {
          const reason = reasonToLeaveOut(to, error);
          if (reason === undefined) errors.push(toError(error));
          else {
            // What one sender calls itself must not keep others waiting for ever.
            naming.trouble('There can be no file for a value of the attribute. Its data is left out.', error);
            dropped(itemCount(part), reason);
            done.add(to);
          }
        }
      }
      await files.trim();
      if (errors.length > 0) {
        written.set(batch, done);
        throw errors.length === 1 ? errors[0]! : new AggregateError(errors, 'Some files could not be written');
      }
      dropped(without, 'no_path_attribute');
    }

    /** Whose file it was before a reload may need a while to end. */
    function reasonToLeaveOut(to: string, error: unknown): string | undefined {
      if (!(error instanceof PathInUseError)) return isOfThePath(error) ? 'no_such_path' : undefined;
      const now = context.clock.now();
      const since = contested.get(to) ?? now;
      contested.set(to, since);
      return now - since < contestedMs ? undefined : 'path_in_use';
    }

    return {
      async start() {
        try {
          await files.open();
        } catch (error) {
          // Who was there before goes away, if a reload has given its file to this one; what this config has stays.
          const isForGood = error instanceof PathInUseError && error.isOfTheSameConfig && !hasTried;
          hasTried = true;
          throw isForGood ? new PermanentError(error.message) : error;
        }
      },
      async consume(batch) {
        if (itemCount(batch) === 0) return;
        const writing = groupBy.enabled ? writeGroups(batch) : write(path, batch);
        underWay.add(writing);
        try {
          await writing;
        } finally {
          underWay.delete(writing);
        }
      },
      async shutdown() {
        await Promise.allSettled(underWay);
        await files.close();
      },
    };
  },
});

const contestedMs = 10_000;
const pathCodes = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL']);
const isOfThePath = (error: unknown): boolean => pathCodes.has((error as NodeJS.ErrnoException).code ?? '');
