import { statfs } from 'node:fs/promises';
import type { BigIntStatsFs } from 'node:fs';
import { describeError } from '@millrace/core';
import { mountpoint } from './attributes.ts';
import type { Container } from './record.ts';
import type { Run } from './wanted.ts';

/** File systems, each asked by at most one call at a time: one of a server that is down never answers. */
export interface Filesystems {
  /** Records those of a container; reports those that cannot be asked. Waits for at most a second. */
  record(entity: Container, paths: readonly string[], run: Run): Promise<void>;
}

const longestWait = 1_000;

export function filesystems(): Filesystems {
  const asked = new Map<string, Promise<BigIntStatsFs>>();

  function ask(path: string): Promise<BigIntStatsFs> {
    let answer = asked.get(path);
    if (!answer) {
      answer = statfs(path, { bigint: true }).finally(() => asked.delete(path));
      asked.set(path, answer);
    }
    return answer;
  }

  return {
    async record(entity, paths, run) {
      if (paths.length === 0) return;
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => late.resolve(undefined), longestWait);
      await Promise.all(
        paths.map(async (path) => {
          try {
            const answer = await Promise.race([ask(path), late.promise]);
            if (answer) recordOne(entity, path, answer);
            else run.fail(new Error(`The file system of ${path} does not answer.`));
          } catch (error) {
            run.fail(new Error(`The file system of ${path} cannot be asked: ${describeError(error)}`));
          }
        }),
      );
      clearTimeout(timer);
    },
  };
}

/** statfs(2). What is reserved for root is neither used nor available. */
function recordOne(entity: Container, path: string, { blocks, bfree, bavail, bsize }: BigIntStatsFs): void {
  const attributes = mountpoint(path);
  entity.record('container.filesystem.usage', (blocks - bfree) * bsize, attributes);
  entity.record('container.filesystem.available', bavail * bsize, attributes);
  entity.record('container.filesystem.capacity', blocks * bsize, attributes);
}
