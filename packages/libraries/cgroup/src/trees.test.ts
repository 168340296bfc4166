import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Hierarchy, openHierarchy } from './hierarchy.ts';
import { type CgroupSample, everything } from './sample.ts';
import { captured, tree } from './testdata/trees.ts';

const testdata = fileURLToPath(new URL('../testdata/', import.meta.url));
const folders = readdirSync(testdata, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && entry.name.startsWith('v2') ? [entry.name] : [],
);

/** A folder is the tree itself, or has it in one file with what is around it. */
function open(name: string): Hierarchy {
  const folder = join(testdata, name);
  if (!readdirSync(folder).includes('tree.txt'))
    return openHierarchy({ rootPath: folder, procPath: '/none', sysPath: '/none', now: () => 0 });
  const root = tree(captured(readFileSync(join(folder, 'tree.txt'), 'utf8')));
  return openHierarchy({
    rootPath: join(root, 'sys/fs/cgroup'),
    procPath: join(root, 'proc'),
    sysPath: join(root, 'sys'),
    now: () => 0,
  });
}

async function readAll(hierarchy: Hierarchy): Promise<Record<string, CgroupSample>> {
  const samples: Record<string, CgroupSample> = {};
  for (const path of await hierarchy.list()) samples[path] = hierarchy.reader(path).read(everything)!;
  return samples;
}

const asText = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, part: unknown) =>
      typeof part === 'bigint' ? `${part}n` : part instanceof Map ? Object.fromEntries(part) : part,
    2,
  );

describe('a tree that a kernel wrote is read in full', () => {
  it.each(folders)('%s', async (name) => {
    const samples = await readAll(open(name));
    expect(Object.keys(samples).length).toBeGreaterThan(1);
    await expect(`${asText(samples)}\n`).toMatchFileSnapshot(join(testdata, `${name}.json`));
  });
});

interface Done {
  readonly userUs?: number;
  readonly systemUs?: number;
  readonly allocated?: number;
  readonly written?: number;
  readonly forked?: number;
}

describe.each(folders.filter((name) => readdirSync(join(testdata, name)).includes('done.json')))(
  'in %s, what is read is what was done',
  (name) => {
    const done = JSON.parse(readFileSync(join(testdata, name, 'done.json'), 'utf8')) as Readonly<Record<string, Done>>;

    it.each(Object.keys(done))('%s', async (path) => {
      const hierarchy = open(name);
      const sample = hierarchy.reader(path).read(everything)!;
      const { userUs, systemUs, allocated = 0, written = 0, forked } = done[path]!;
      if (userUs !== undefined && systemUs !== undefined) {
        const usedMs = Number(sample.cpu.usage) / 1e6;
        expect(Math.abs(usedMs - (userUs + systemUs) / 1000)).toBeLessThan(50);
        // The kernel shares the time out between the modes, so that they add up but for what is cut.
        expect(Number(sample.cpu.user) + Number(sample.cpu.system)).toBeGreaterThan(Number(sample.cpu.usage) - 2_000);
        expect(Number(sample.cpu.user) + Number(sample.cpu.system)).toBeLessThanOrEqual(Number(sample.cpu.usage));
      }
      if (allocated > 0) {
        expect(sample.memory.rss).toBeGreaterThanOrEqual(allocated);
        expect(sample.memory.rss).toBeLessThan(allocated + (4 << 20));
        expect(sample.memory.usage).toBeGreaterThanOrEqual(Number(sample.memory.workingSet));
      }
      if (written > 0) {
        const [disk] = sample.io!;
        expect(sample.io).toHaveLength(1);
        expect(disk).toMatchObject({ name: 'vda', virtual: false });
        expect(disk!.writeBytes).toBeGreaterThanOrEqual(written);
        expect(disk!.writeBytes).toBeLessThan(written * 1.2);
      }
      if (forked !== undefined) expect(sample.pids.current).toBe(forked + 1);
    });
  },
);
