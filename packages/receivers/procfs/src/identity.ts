import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import type { Attributes } from '@millrace/core';
import { parseCgroup } from './cgroup.ts';
import type { Failures } from './failures.ts';
import { outcomeOf } from './failures.ts';
import type { Identity, Process } from './process.ts';
import type { ProcFiles } from './proc-file.ts';
import { parseStatus } from './status.ts';

export interface IdentityOptions {
  readonly files: ProcFiles;
  readonly failures: Pick<Failures, 'failed'>;
  readonly userName: (id: number) => string;
}

const decoder = new TextDecoder();
/** TASK_COMM_LEN less the NUL: a name as long as this may have been cut. */
const longestComm = 15;

/** What can be read of a process without waiting for it: all but its command line. */
export function readIdentity(process: Process, { files, failures, userName }: IdentityOptions): Identity {
  const denied: string[] = [];
  function attempt<T>(file: string, read: (path: string) => T): T | undefined {
    try {
      return read(`${process.directory}/${file}`);
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === 'denied') denied.push(file);
      else if (outcome === 'failed') failures.failed(file, error);
      return undefined;
    }
  }
  const status = attempt('status', (path) => parseStatus(files.buffer, files.readOnce(path)));
  return {
    parentPid: process.parentPid,
    comm: decoder.decode(process.comm),
    // proc_pid_exe(5): the link of a program that was replaced says so at its end. Kernel threads have none.
    executablePath: process.kernelThread
      ? undefined
      : attempt('exe', (path) => readlinkSync(path).replace(/ \(deleted\)$/, '')) || undefined,
    owner: status && !Number.isNaN(status.userId) ? userName(status.userId) : undefined,
    cgroup: attempt('cgroup', (path) => parseCgroup(decoder.decode(files.buffer.subarray(0, files.readOnce(path))))),
    commandLine: process.kernelThread ? undefined : 'unread',
    denied,
    attributes: undefined,
    included: undefined,
  };
}

/**
 * The file's name where the link to it can be read. The kernel's name otherwise, which is cut at 15 bytes: where the command
 * goes on with what was cut, that.
 */
export function executableName({ executablePath, comm, commandLine }: Identity): string {
  if (executablePath !== undefined) return basename(executablePath);
  if (typeof commandLine === 'object' && Buffer.byteLength(comm) >= longestComm) {
    const name = basename(commandLine.command);
    if (name.startsWith(comm)) return name;
  }
  return comm;
}

/** The entity's attributes, by the semantic conventions for processes. What is not known is absent. */
export function identityAttributes({ pid, createdAt }: Process, identity: Identity): Attributes {
  const { parentPid, executablePath, owner, cgroup, commandLine } = identity;
  const attributes: Record<string, string | number> = {
    'process.pid': pid,
    'process.parent_pid': parentPid,
    'process.executable.name': executableName(identity),
    'process.creation.time': new Date(createdAt).toISOString(),
  };
  if (executablePath !== undefined) attributes['process.executable.path'] = executablePath;
  if (typeof commandLine === 'object') {
    attributes['process.command'] = commandLine.command;
    attributes['process.command_line'] = commandLine.line;
  }
  if (owner !== undefined) attributes['process.owner'] = owner;
  if (cgroup?.containerId !== undefined) attributes['container.id'] = cgroup.containerId;
  if (cgroup !== undefined) attributes['process.linux.cgroup'] = cgroup.path;
  return attributes;
}
