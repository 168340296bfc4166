import { type Batch, defineExporter, dropCounter, itemCount, stateLog, toError } from '@millrace/core';
import { check, config } from './config.ts';
import { createFiles } from './files.ts';
import { createFrame } from './frame.ts';
import { groupByPath, pathFor } from './group.ts';

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

    const write = async (to: string, batch: Batch): Promise<void> => files.writer(to).write(await frame(batch));

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
        } catch (error) {
          if (!isOfThePath(error)) errors.push(toError(error));
          else {
            // What one sender calls itself must not keep others waiting for ever.
            naming.trouble('There can be no file for a value of the attribute. Its data is left out.', error);
            dropped(itemCount(part), 'no_such_path');
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

    return {
      async start() {
        if (!groupBy.enabled) await files.writer(path).open();
      },
      async consume(batch) {
        if (itemCount(batch) === 0) return;
        await (groupBy.enabled ? writeGroups(batch) : write(path, batch));
      },
      shutdown: () => files.close(),
    };
  },
});

const pathCodes = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL']);
const isOfThePath = (error: unknown): boolean => pathCodes.has((error as NodeJS.ErrnoException).code ?? '');
