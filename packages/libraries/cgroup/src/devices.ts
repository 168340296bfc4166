import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Device {
  /** As in /dev. */
  readonly name: string | undefined;
  /** It is made of other block devices, of a file or of memory. */
  readonly virtual: boolean;
}

/** What is known of block devices by their numbers, `major:minor`. */
export interface Devices {
  find(device: string): Device;
}

/** Numbers of loop devices and volumes are given to others in time. */
const refreshMs = 60_000;

export function blockDevices({ sysPath, procPath }: { sysPath: string; procPath: string }): Devices {
  const known = new Map<string, Device>();
  let forgetAt = 0;
  return {
    find(device) {
      const now = performance.now();
      if (now >= forgetAt) {
        known.clear();
        forgetAt = now + refreshMs;
      }
      let found = known.get(device);
      if (!found) known.set(device, (found = fromSys(sysPath, device) ?? fromPartitions(procPath, device)));
      return found;
    },
  };
}

/** Each device has a folder there, with `DEVNAME=sda` in its file uevent. */
function fromSys(sysPath: string, device: string): Device | undefined {
  const folder = join(sysPath, 'dev/block', device);
  try {
    const name = /^DEVNAME=(.+)$/m.exec(readFileSync(join(folder, 'uevent'), 'utf8'))?.[1];
    return name === undefined ? undefined : { name, virtual: isVirtual(name) || slavesOf(folder) > 0 };
  } catch {
    return undefined;
  }
}

/** sysfs-block: the devices that this one is made of. */
function slavesOf(device: string): number {
  try {
    return readdirSync(join(device, 'slaves')).length;
  } catch {
    return 0;
  }
}

const isVirtual = (name: string): boolean => /^(?:dm-|md|loop|zram|ram|drbd|bcache)\d/.test(name);

/** proc_partitions(5), where /sys is not to be seen. */
function fromPartitions(procPath: string, device: string): Device {
  let text: string;
  try {
    text = readFileSync(join(procPath, 'partitions'), 'latin1');
  } catch {
    return { name: undefined, virtual: false };
  }
  const [major, minor] = device.split(':');
  const name = new RegExp(`^\\s*${major}\\s+${minor}\\s+\\d+\\s+(\\S+)$`, 'm').exec(text)?.[1];
  return { name, virtual: name !== undefined && isVirtual(name) };
}
