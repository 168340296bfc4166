import { join } from 'node:path';
import type { Hierarchy, Reader, Wanted } from '@millrace/cgroup';
import { openHierarchy } from '@millrace/cgroup';
import { describeError } from '@millrace/core';
import type { Container } from '../containers/container.ts';
import { readingOf } from './cgroup-reading.ts';
import { readInterfaces } from './interfaces.ts';
import type { Machine } from './machine.ts';
import type { Reading } from './reading.ts';

/** The cgroup of one container, for one run of it. */
export interface CgroupOf {
  /** Undefined once the container has ended. Throws where its files may not be read; interfaces that may not be are left out. */
  read(around: Around): Reading | undefined;
  close(): void;
}

interface Around {
  readonly machine: Machine;
  /** Told what could not be read besides. */
  fail(error: unknown): void;
}

export interface Cgroups {
  /** The cgroup of a running container, or a sentence that says why there is none to read. */
  find(container: Container): Promise<CgroupOf | string>;
}

interface Options {
  readonly rootPath: string;
  readonly wanted: Wanted;
  /** Whether interfaces are wanted. */
  readonly networks: boolean;
}

export function openCgroups({ rootPath, wanted, networks }: Options): Cgroups {
  const procPath = join(rootPath, 'proc');
  let hierarchy: Hierarchy | undefined;
  let unusable: string | undefined;

  function open(): Hierarchy | undefined {
    if (hierarchy || unusable !== undefined) return hierarchy;
    try {
      hierarchy = openHierarchy({
        rootPath: join(rootPath, 'sys/fs/cgroup'),
        procPath,
        sysPath: join(rootPath, 'sys'),
      });
    } catch (error) {
      unusable = describeError(error);
    }
    return hierarchy;
  }

  return {
    async find(container) {
      const opened = open();
      if (!opened) return unusable!;
      const path =
        ownPath(container.pid === undefined ? undefined : opened.ofProcess(container.pid), container.id) ??
        (await opened.findContainer(container.id));
      if (path === undefined) return 'There is no cgroup of that container here.';
      const reader = opened.reader(path);
      const version = opened.layout.v1.has('memory') ? 1 : 2;
      try {
        if (!reader.read({ cpu: true })) return 'There is no cgroup of that container here.';
      } catch (error) {
        // Without its id, so that the same trouble is the same message.
        return `Its cgroup cannot be read: ${describeError(error).replaceAll(container.id, '<id>')}`;
      }
      return { read: (around) => read(reader, container, { ...around, version }), close: () => reader.close() };
    },
  };

  function read(
    reader: Reader,
    { pid, hostNetwork }: Container,
    { machine, version, fail }: Around & { version: 1 | 2 },
  ): Reading | undefined {
    const sample = reader.read(wanted);
    if (!sample) return undefined;
    let interfaces;
    try {
      if (networks && pid !== undefined && !hostNetwork) interfaces = readInterfaces(procPath, pid);
    } catch (error) {
      fail(new Error('The interfaces of containers cannot be read', { cause: error }));
    }
    return readingOf(sample, { version, machine, networks: interfaces });
  }
}

/**
 * The part of a path that ends with the container's id. A process id that is of another machine or namespace leads to the
 * cgroup of something else, which does not have it.
 */
export function ownPath(path: string | undefined, id: string): string | undefined {
  if (path === undefined) return undefined;
  const segments = path.split('/');
  const at = segments.findIndex((segment) => segment.includes(id));
  return at < 0 ? undefined : segments.slice(0, at + 1).join('/');
}
