import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attributes } from '@millrace/core';
import { inSlices } from '@millrace/polling';
import type { ProcessConfig } from '../config/target.ts';
import type { Found } from './discovery.ts';
import { type Target, targetOf } from './target.ts';

/**
 * Finds the processes under a `proc` that fit, each as a target. Of several at one URL it is the one that began first: the others
 * are its children, or have just been forked off it. Rejects if processes cannot be read.
 */
export function processFinder(
  rules: readonly ProcessConfig[],
  { proc, attributes }: { readonly proc: string; readonly attributes: Attributes },
): () => Promise<Found> {
  const compiled = rules.map(
    (rule): Rule => ({
      config: rule,
      name: rule.name === undefined ? undefined : new RegExp(rule.name),
      cmdline: rule.cmdline === undefined ? undefined : new RegExp(rule.cmdline),
    }),
  );

  return async () => {
    const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
    const named: Candidate[] = [];
    await inSlices(pids, (pid) => {
      const found = candidateOf(join(proc, pid), pid, compiled);
      if (found) named.push(found);
    });
    const first = new Map<string, { readonly target: Target; readonly process: Process }>();
    let wrong: Error | undefined;
    for (const one of named) {
      const matched = await matchOf(join(proc, one.process.pid), one);
      if (!matched) continue;
      const { process, rule } = matched;
      const url = urlOf(matched);
      const before = url && first.get(url.href)?.process;
      // Without the pid, which may be another at each look.
      if (!url) wrong ??= new Error(`The command line of a process ${process.name} makes no URL of ${rule.config.url}`);
      else if (!before || before.startTicks > process.startTicks)
        first.set(url.href, { process, target: targetOfProcess(url, matched, { proc, attributes }) });
    }
    return { targets: [...first.values()].map(({ target }) => target), wrong };
  };
}

interface Rule {
  readonly config: ProcessConfig;
  readonly name: RegExp | undefined;
  readonly cmdline: RegExp | undefined;
}

interface Process {
  readonly pid: string;
  readonly name: string;
  readonly startTicks: number;
}

interface Match {
  readonly process: Process;
  readonly rule: Rule;
  /** By the names of `{…}`. */
  readonly values: Readonly<Record<string, string | undefined>>;
}

interface Candidate {
  readonly process: Process;
  /** Those whose name fits. */
  readonly rules: readonly Rule[];
}

function candidateOf(folder: string, pid: string, rules: readonly Rule[]): Candidate | undefined {
  try {
    const process = { pid, ...readStat(folder) };
    const named = rules.filter(({ name }) => !name || name.test(process.name));
    return named.length > 0 ? { process, rules: named } : undefined;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The first rule that fits. Undefined too for a process that is gone, or is of the kernel. */
async function matchOf(folder: string, { process, rules }: Candidate): Promise<Match | undefined> {
  const cmdline = await readCmdline(folder);
  if (cmdline === '') return undefined;
  for (const rule of rules) {
    const found = rule.cmdline ? rule.cmdline.exec(cmdline) : undefined;
    if (found === null) continue;
    return { process, rule, values: { ...found?.groups, pid: process.pid, name: process.name } };
  }
  return undefined;
}

/** Or nothing that this user may see. Anything else, such as too many open files, says nothing of the process. */
const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code));

/** proc_pid_stat(5). The name is in parentheses and may have some of its own; the start is in clock ticks since the boot. */
function readStat(folder: string): Omit<Process, 'pid'> {
  const stat = readFileSync(join(folder, 'stat'), 'latin1');
  const end = stat.lastIndexOf(')');
  const name = Buffer.from(stat.slice(stat.indexOf('(') + 1, end), 'latin1').toString();
  return { name, startTicks: Number(stat.slice(end + 2).split(' ')[19]) };
}

const mostCmdline = 32 * 1024;

/** Not in this thread: the kernel waits for a lock of the process, which may be held for seconds. Empty for one that is gone. */
async function readCmdline(folder: string): Promise<string> {
  try {
    const text = await readFile(join(folder, 'cmdline'), 'utf8');
    return text.slice(0, mostCmdline).replaceAll('\0', ' ').trim();
  } catch (error) {
    if (isGone(error)) return '';
    throw error;
  }
}

/** Undefined if what stands in the command line makes no URL. */
function urlOf({ rule, values }: Match): URL | undefined {
  let isWhole = true;
  const text = filled(rule.config.url, (key) => {
    // A port that is not told is not the port 80.
    if (!values[key]) isWhole = false;
    return values[key] ?? '';
  });
  if (!isWhole || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}

const filled = (template: string, valueOf: (key: string) => string): string =>
  template.replaceAll(/\{(\w+)\}/g, (_all, key: string) => valueOf(key));

interface Machine {
  readonly proc: string;
  readonly attributes: Attributes;
}

function targetOfProcess(url: URL, { process, rule, values }: Match, { proc, attributes }: Machine): Target {
  const { pid, name, startTicks } = process;
  const serviceName = filled(rule.config.service_name ?? '', (key) => values[key] ?? '') || name;
  return {
    ...targetOf(url, {
      serviceName,
      attributes: { 'process.pid': Number(pid), ...attributes },
      identity: `${pid} ${startTicks}`,
    }),
    isThere() {
      try {
        return readStat(join(proc, pid)).startTicks === startTicks;
      } catch (error) {
        return !isGone(error);
      }
    },
  };
}
