import { diagnoseHierarchy, openHierarchy } from '@millrace/cgroup';
import { type Finding, describeError } from '@millrace/core';
import type { Config } from './config.ts';
import { foundCgroups } from './found.ts';
import { placesOf } from './scanner.ts';

/** What is mounted, what it can tell, and how many cgroups would be reported. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const mounted = diagnoseHierarchy(placesOf(config));
  if (mounted.some(({ level }) => level === 'error')) return mounted;
  return [...mounted, ...(config.select === 'none' ? [] : [await count(config)]), ...(await fixedFindings(config))];
}

async function count(config: Config): Promise<Finding> {
  try {
    const hierarchy = openHierarchy({ ...placesOf(config), maxOpenFiles: 0 });
    const found = await foundCgroups(hierarchy, config, () => false).look(AbortSignal.timeout(5_000));
    const what = config.select === 'containers' ? 'containers' : 'cgroups';
    if (found.length > 0) return { level: 'ok', text: `${found.length} ${what} are to be seen.` };
    return {
      level: 'warning',
      text: `No ${what} are to be seen.`,
      advice:
        'Start one, and look again. Inside a container, mount /sys/fs/cgroup of the host and give root_path or cgroup_path: its own shows itself alone.',
    };
  } catch (error) {
    return { level: 'error', text: `Cgroups cannot be listed: ${describeError(error)}.` };
  }
}

async function fixedFindings(config: Config): Promise<readonly Finding[]> {
  const hierarchy = openHierarchy({ ...placesOf(config), maxOpenFiles: 0 });
  const findings: Finding[] = [];
  for (const { path, container_id } of config.cgroups) {
    const there = path ?? (await hierarchy.findContainer(container_id!));
    if (there !== undefined && hierarchy.exists(there)) findings.push({ level: 'ok', text: `${there} is there.` });
    else
      findings.push({
        level: 'warning',
        text: `${path ?? container_id!} is not there: it is reported as not running.`,
        advice: 'Start it, or correct it in cgroups.',
      });
  }
  return findings;
}
