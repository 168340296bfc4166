import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError, type Finding } from '@millrace/core';
import type { Config } from './config.ts';
import { type Host, inspectHost } from './host.ts';

/** capabilities(7): the numbers of the bits in CapEff. */
const sysPtrace = 19n;

/** Whether processes can be read here, and what of those of other users. */
export async function diagnose({ root_path }: Config): Promise<readonly Finding[]> {
  let host: Host;
  try {
    host = inspectHost(root_path);
  } catch (error) {
    return [{ level: 'error', text: describeError(error) }];
  }
  const { proc, smapsFile } = host;
  const processes = readdirSync(proc).filter((name) => /^\d+$/.test(name)).length;
  const findings: Finding[] = [{ level: 'ok', text: `${processes} processes are to be seen in ${proc}.` }];
  const hidden = hidePid(proc);
  if (hidden !== undefined)
    findings.push({
      level: 'warning',
      text: `${proc} is mounted with hidepid=${hidden}: processes of other users are hidden.`,
      advice: 'Run as root, or as a member of the group that its gid option names.',
    });
  findings.push(
    mayReadOthers()
      ? { level: 'ok', text: 'PSS, USS and disk I/O of all processes may be read.' }
      : {
          level: 'warning',
          text: 'PSS, USS, disk I/O and the executable can be read of your own processes only.',
          advice: 'Run as root, or give the node binary the capability: setcap cap_sys_ptrace+ep <node>',
        },
  );
  if (smapsFile === 'smaps')
    findings.push({
      level: 'warning',
      text: 'The kernel has no smaps_rollup (Linux 4.14): PSS and USS are added up from smaps, at several times the cost.',
      advice: 'Lower smaps.budget, or turn process.memory.pss and process.memory.uss off.',
    });
  return findings;
}

function mayReadOthers(): boolean {
  if (process.getuid?.() === 0) return true;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> sysPtrace) & 1n) === 1n;
}

/** The value of the option where it hides something (proc(5)): 1, 2, `noaccess`, `invisible`, … */
function hidePid(proc: string): string | undefined {
  try {
    const mounts = readFileSync(join(proc, 'self/mounts'), 'latin1').split('\n');
    const options = mounts
      .map((line) => line.split(' '))
      .findLast(([, path, type]) => type === 'proc' && path === proc)?.[3];
    const value = /(?:^|,)hidepid=(\w+)/.exec(options ?? '')?.[1];
    return value === '0' || value === 'off' ? undefined : value;
  } catch {
    return undefined;
  }
}
