import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, describeError } from '@millrace/core';
import type { HierarchyOptions } from './hierarchy.ts';
import { type Layout, controllers, inspectLayout, readControllers } from './layout.ts';

/** What is mounted at a place, what it can tell, and what to do about what it cannot. Changes nothing. */
export function diagnoseHierarchy({ rootPath = '/sys/fs/cgroup' }: HierarchyOptions = {}): readonly Finding[] {
  let layout: Layout;
  try {
    layout = inspectLayout(rootPath);
  } catch (error) {
    return [{ level: 'error', text: describeError(error) }];
  }
  return [{ level: 'ok', text: describeLayout(layout) }, ...missingControllers(layout), pressureOf(layout)];
}

function describeLayout({ mode, root, v1, v2 }: Layout): string {
  if (mode === 'v2') return `${root} has cgroups of version 2, with ${list(readControllers(root))}.`;
  const second = v2 === undefined ? '' : `, and of version 2 in ${v2}`;
  return `${root} has cgroups of version 1, with ${list([...v1.keys()])}${second}.`;
}

const list = (names: readonly string[]): string => (names.length > 0 ? names.join(', ') : 'no controllers');

function missingControllers({ root, v1, v2 }: Layout): readonly Finding[] {
  const there = new Set<string>([...v1.keys(), ...(v2 === undefined ? [] : readControllers(v2))]);
  const wanted = v1.size > 0 ? controllers.filter((name) => name !== 'cpuset') : ['memory', 'pids', 'cpu', 'io'];
  const missing = wanted.filter((name) => !there.has(name) && !(name === 'blkio' && there.has('io')));
  if (missing.length === 0) return [];
  return [
    {
      level: 'warning',
      text: `${root} has no ${missing.join(', ')}: what these count is absent.`,
      advice:
        v1.size > 0
          ? 'Mount these controllers too.'
          : 'The kernel may be built without them or be told to disable them (cgroup_disable=); inside a container, only those are there that are delegated to it.',
    },
  ];
}

function pressureOf({ v2 }: Layout): Finding {
  if (v2 === undefined)
    return {
      level: 'warning',
      text: 'There is no pressure stall information: cgroups of version 1 have none.',
      advice: 'Start the machine with cgroups of version 2 (systemd.unified_cgroup_hierarchy=1).',
    };
  // The root of version 2 has these files since Linux 6.1, where /proc/pressure tells the same; the cgroups below it always had.
  const files = [join(v2, 'cpu.pressure'), '/proc/pressure/cpu'];
  const there = files.filter((file) => existsSync(file));
  if (there.some(isReadable)) return { level: 'ok', text: 'The kernel keeps pressure stall information.' };
  return {
    level: 'warning',
    text: 'There is no pressure stall information: the kernel does not keep it.',
    advice: 'Start the machine with psi=1.',
  };
}

function isReadable(file: string): boolean {
  try {
    return readFileSync(file, 'latin1').startsWith('some ');
  } catch {
    return false;
  }
}
