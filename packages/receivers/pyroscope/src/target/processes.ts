import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Attributes } from '@millrace/core';
import type { ProcessConfig } from '../config/target.ts';
import { type Target, targetOf } from './target.ts';

/** The processes under a `proc` that fit, each as a target. Rejects if the processes cannot be listed. */
export async function processTargets(
  rules: readonly ProcessConfig[],
  { proc, attributes }: { readonly proc: string; readonly attributes: Attributes },
): Promise<readonly Target[]> {
  const compiled = rules.map((rule) => ({
    rule,
    name: rule.name === undefined ? undefined : new RegExp(rule.name),
    cmdline: rule.cmdline === undefined ? undefined : new RegExp(rule.cmdline),
  }));
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const targets: Target[] = [];
  for (const pid of pids) {
    const found = await processOf(proc, pid);
    if (!found) continue;
    for (const { rule, name, cmdline } of compiled) {
      if (name && !name.test(found.name)) continue;
      const groups = cmdline && cmdline.exec(found.cmdline);
      if (groups === null) continue;
      const target = attached(found, rule, { groups: groups?.groups ?? {}, attributes });
      if (target) targets.push(target);
      break;
    }
  }
  return targets;
}

interface Process {
  readonly pid: string;
  readonly name: string;
  readonly cmdline: string;
  /** In clock ticks since the boot. */
  readonly startTicks: string;
}

const mostCmdline = 4096;

/** Undefined for one that is gone, or is of the kernel. */
async function processOf(proc: string, pid: string): Promise<Process | undefined> {
  try {
    const [stat, cmdline] = await Promise.all([
      readFile(join(proc, pid, 'stat'), 'latin1'),
      readFile(join(proc, pid, 'cmdline'), 'utf8'),
    ]);
    if (cmdline === '') return undefined;
    // The name is in parentheses and may have some of its own.
    const end = stat.lastIndexOf(')');
    const startTicks = stat.slice(end + 2).split(' ')[19];
    if (startTicks === undefined) return undefined;
    const name = Buffer.from(stat.slice(stat.indexOf('(') + 1, end), 'latin1').toString();
    return { pid, name, cmdline: cmdline.slice(0, mostCmdline).replaceAll('\0', ' ').trim(), startTicks };
  } catch {
    return undefined;
  }
}

interface Found {
  readonly groups: Readonly<Record<string, string | undefined>>;
  readonly attributes: Attributes;
}

/** Undefined if what stands in the command line makes no URL. */
function attached(found: Process, rule: ProcessConfig, { groups, attributes }: Found): Target | undefined {
  const values: Readonly<Record<string, string | undefined>> = { ...groups, pid: found.pid, name: found.name };
  const filled = (template: string): string =>
    template.replaceAll(/\{(\w+)\}/g, (_all, key: string) => values[key] ?? '');
  const text = filled(rule.url);
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  return targetOf(url, {
    serviceName: filled(rule.service_name ?? '{name}'),
    attributes: { 'process.pid': Number(found.pid), ...attributes },
    identity: `${found.pid} ${found.startTicks}`,
  });
}
