// A virtual machine with a kernel of Debian's, in which cgroup version 2 is what is mounted: QEMU, without KVM where there is none.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxPath, compileWork, imageMissing } from '../docker/image.ts';

const here = import.meta.dirname;
const cache = join(here, '../../../node_modules/.cache/millrace-kernels');
const qemu = 'qemu-system-x86_64';

export interface Kernel {
  /** `6.1.0-56-cloud-amd64` */
  readonly release: string;
  readonly image: string;
  readonly modules: string;
}

/** Debian's newest kernel for clouds: unpacked, not installed. Throws where it cannot be had. */
export function debianKernel(): Kernel {
  const known = kernelIn(cache);
  if (known) return known;
  mkdirSync(cache, { recursive: true });
  const depends = execFileSync('apt-cache', ['depends', 'linux-image-cloud-amd64'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error('apt-cache knows no linux-image-cloud-amd64');
  execFileSync('apt-get', ['download', name], { cwd: cache, stdio: 'pipe' });
  for (const file of readdirSync(cache).filter((one) => one.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', file, '.'], { cwd: cache });
    rmSync(join(cache, file));
  }
  const kernel = kernelIn(cache);
  if (!kernel) throw new Error(`there is no kernel in ${name}`);
  return kernel;
}

function kernelIn(folder: string): Kernel | undefined {
  const boot = join(folder, 'boot');
  const image = existsSync(boot) ? readdirSync(boot).find((name) => name.startsWith('vmlinuz-')) : undefined;
  if (image === undefined) return undefined;
  const release = image.slice('vmlinuz-'.length);
  return { release, image: join(boot, image), modules: join(folder, 'lib/modules', release) };
}

/** Why there can be no virtual machine here, if there cannot. */
export function machineMissing(): string | undefined {
  if (process.arch !== 'x64') return `the kernel is for x86-64, this is ${process.arch}`;
  for (const tool of [qemu, 'mkfs.ext4']) if (spawnSync(tool, ['--version']).error) return `there is no ${tool}`;
  return imageMissing();
}

const modules = ['virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'virtio_blk'];

export interface MachineOptions {
  readonly kernel: Kernel;
  /** A folder for what the machine is made of. */
  readonly place: string;
  /** Run by busybox's shell after `init.sh`. The last command must be `poweroff -f`. */
  readonly script: string;
  /** What is on its disk. Default: nothing. */
  readonly disk?: string;
  readonly diskMegabytes?: number;
  readonly timeoutMs?: number;
}

/** Runs a machine until it is off; resolves with what it has written to its console. */
export async function runMachine(options: MachineOptions): Promise<string> {
  const { kernel, place, script, disk, diskMegabytes = 64, timeoutMs = 180_000 } = options;
  const initramfs = makeInitramfs(kernel, place, script);
  const image = join(place, 'disk.ext4');
  execFileSync('truncate', ['--size', `${diskMegabytes}M`, image]);
  execFileSync('mkfs.ext4', ['-q', '-F', ...(disk === undefined ? [] : ['-d', disk]), image], { stdio: 'pipe' });

  const accelerated = existsSync('/dev/kvm');
  const child = spawn(
    qemu,
    [
      ...['-accel', accelerated ? 'kvm' : 'tcg,thread=multi', '-cpu', accelerated ? 'host' : 'max'],
      ...['-smp', '2', '-m', '1024', '-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
      ...['-kernel', kernel.image, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1 random.trust_cpu=on'],
      ...['-drive', `file=${image},if=none,id=disk,format=raw`, '-device', 'virtio-blk-pci,drive=disk'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' },
  );
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  let console = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (console += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  process.off('exit', kill);
  console = console.replaceAll('\r', '');
  if (code !== 0) throw new Error(`The machine ended with ${signal ?? code}:\n${console}`);
  return console;
}

function makeInitramfs(kernel: Kernel, place: string, script: string): string {
  const root = join(place, 'initramfs');
  for (const folder of ['bin', 'modules', 'proc', 'sys', 'dev', 'tmp'])
    mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(busyboxPath, join(root, 'bin/busybox'));
  execFileSync('chroot', [root, '/bin/busybox', '--install', '-s', '/bin']);
  compileWork(join(root, 'bin'));
  const files = readdirSync(kernel.modules, { recursive: true, encoding: 'utf8' });
  for (const name of modules) {
    const file = files.find((one) => one.endsWith(`/${name}.ko`));
    if (file !== undefined) copyFileSync(join(kernel.modules, file), join(root, 'modules', `${name}.ko`));
  }
  writeFileSync(join(root, 'init'), `${readFileSync(join(here, 'init.sh'), 'utf8')}\n${script}`, { mode: 0o755 });
  const archive = join(place, 'initramfs.cpio');
  execFileSync('sh', ['-c', `cd "${root}" && find . | ${busyboxPath} cpio -o -H newc > "${archive}"`], {
    stdio: 'pipe',
  });
  return archive;
}
