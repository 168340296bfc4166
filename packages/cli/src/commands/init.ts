import { access, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { out, say } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import type { CommandAction } from './index.ts';

const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** `millrace init` */
export const init: CommandAction = async ([file = 'millrace.yaml'], { force = false }) => {
  if (!force && (await there(file))) {
    say(`${file} is there already: name another file, or replace it with --force.`);
    return exitCode.usage;
  }
  await writeFile(file, await configForThisMachine());
  out(`Wrote ${file}. Look at it, then: millrace ${file}`);
  return exitCode.done;
};

/** What is worth a comment differs from machine to machine: whose memory may be read, what else there is to collect. */
async function configForThisMachine(): Promise<string> {
  const root = process.getuid?.() === 0;
  const proc = await there('/proc/self/stat');
  const memoryKiB = /^MemTotal:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8').catch(() => ''))?.[1];
  const notes = [
    proc ? undefined : '# There is no /proc here: the procfs receiver needs Linux.',
    root
      ? '# You are root: the memory of all processes can be read.'
      : '# As an ordinary user, PSS and USS can be read of your own processes only. For all: run as root, or\n# setcap cap_sys_ptrace+ep on the node binary.',
    (await there('/var/run/docker.sock'))
      ? '# Docker runs here: containers are told apart by the attribute container.id.'
      : undefined,
    memoryKiB ? `# ${hostname()}: ${(Number(memoryKiB) / 1024 ** 2).toFixed(0)} GiB of memory.` : undefined,
  ].filter((note) => note !== undefined);
  return `# A Millrace pipeline: the processes of this machine by memory and CPU, in groups, served to Prometheus.
# Run it:    millrace millrace.yaml
# Check it:  millrace validate millrace.yaml ; millrace doctor millrace.yaml
${notes.join('\n')}

receivers:
  procfs:
    collection_interval: 10s
    initial_delay: 500ms
    # include: { names: ['postgres', 'java'], match_type: strict }   # only these processes

processors:
  subgroup: {}
    # files: ['/etc/millrace/subgroups.d/*.toml']   # your own groups; the last match wins
  topn:
    entity: process.pid          # rank processes …
    by: process.memory.pss       # … by their fair share of memory …
    group_by: [process.group, process.subgroup]
    n: 10                        # … and keep the top 10 of each group; the rest is added up as one

exporters:
  prometheus:
    endpoint: localhost:9464     # 0.0.0.0:9464 to be scraped from elsewhere
    resource_constant_labels:
      included: [process.pid, process.executable.name, process.group, process.subgroup]
  terminal: {}                   # a live table, where there is a terminal
  # otlp_http:
  #   endpoint: http://localhost:4318

service:
  pipelines:
    metrics:
      receivers: [procfs]
      processors: [subgroup, topn]
      exporters: [prometheus, terminal]
`;
}
