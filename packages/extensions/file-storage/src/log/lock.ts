import { randomUUID } from 'node:crypto';
import { open, readFile, readdir, readlink, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './disk.ts';

const beatMs = 1000;
const graceMs = 5000;
/** Two that begin at once both step back: they try again for so long. */
const leastWaitMs = 100;
const prefix = 'lock-';

/**
 * Takes a directory for this process alone; rejects if another has it. A lock is an empty file whose name says whose it is,
 * so it needs no space on a full disk, and removing one that a dead process left can never hit a living one's. Each makes its
 * own first and then looks for others: of two at once, one at least sees the other and steps back. Whether a process of
 * another pid namespace or machine lives cannot be looked up: its lock is its own as long as its time goes on, once a second.
 */
export async function lock(directory: string, waitMs = 0): Promise<{ release(): Promise<void> }> {
  const end = Date.now() + Math.max(waitMs, leastWaitMs);
  for (;;) {
    const name = `${prefix}${ownerText(await self())}`;
    const path = join(directory, name);
    await (await open(path, 'wx', 0o600)).close();
    const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), beatMs).unref();
    const release = async (): Promise<void> => {
      clearInterval(beat);
      await unlink(path).catch(() => {});
    };
    const holder = await findHolder(directory, name).catch(async (error) => {
      await release();
      throw error;
    });
    if (holder === undefined) return { release };
    await release();
    if (Date.now() >= end) throw new Error(`${directory} is in use by another process (pid ${pidOf(holder)}).`);
    await sleep(5 + Math.random() * 45);
  }
}

/** Another's lock that holds; those that do not are removed. */
async function findHolder(directory: string, own: string): Promise<string | undefined> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(prefix) || name === own) continue;
    if (await isHeld(directory, name)) return name;
    await unlink(join(directory, name)).catch(() => {});
  }
  return undefined;
}

const pidOf = (name: string): number => Number(name.slice(prefix.length).split('.')[0]);

interface Owner {
  readonly pid: number;
  /** When the process began, in ticks since boot: a pid alone is used again. */
  readonly start: string;
  /** The machine since its boot, and the pid namespace. */
  readonly place: string;
}

async function self(): Promise<Owner> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => hostname());
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return {
    pid: process.pid,
    start: await startOf(process.pid),
    place: `${boot.slice(0, 8)}${namespace.replace(/\D/g, '')}`,
  };
}

const ownerText = ({ pid, start, place }: Owner): string => `${pid}.${start}.${place}.${randomUUID().slice(0, 4)}`;
/** Field 22 of /proc/<pid>/stat; empty where there is no such process, or no /proc. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function isHeld(directory: string, name: string): Promise<boolean> {
  const [, start, place] = name.slice(prefix.length).split('.');
  if (place !== (await self()).place) return changes(join(directory, name));
  if (start !== '') return (await startOf(pidOf(name))) === start;
  try {
    return process.kill(pidOf(name), 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Whether its time goes on while we watch. */
async function changes(path: string): Promise<boolean> {
  const time = async (): Promise<number> => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
  const first = await time();
  for (const until = Date.now() + graceMs; Date.now() < until; await sleep(beatMs / 4))
    if ((await time()) !== first) return true;
  return false;
}
