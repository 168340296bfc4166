import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { millrace, root } from '../../e2e/program.ts';
import { startOtelcol } from '../../peers/otelcol/index.ts';

export interface Gateway {
  /** CPU seconds of the whole process until now, user and system. */
  cpuSeconds(): number;
  /** The most memory it had since the last `forgetPeak`, or since its start where that is not possible. */
  peakRssBytes(): number;
  forgetPeak(): void;
  /** All that it has written so far. */
  log(): string;
  stop(): Promise<void>;
}

/** The program as a user starts it, from the sources of the workspace. */
export async function startMillrace(config: string): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const path = join(folder, 'gateway.yaml');
  writeFileSync(path, config);
  const program = millrace(['run', path], { cwd: root });
  const removed = program.ended.finally(() => rmSync(folder, { recursive: true, force: true }));
  await program.saw(/Everything has started/);
  return {
    ...figuresOf(program.child.pid!),
    log: () => program.stderr,
    async stop() {
      await program.stop();
      const code = await removed;
      if (code !== 0) throw new Error(`Millrace ended with ${code}:\n${program.stderr}`);
    },
  };
}

/** The OpenTelemetry Collector that test/peers/otelcol builds. */
export async function startCollector(config: string): Promise<Gateway> {
  const collector = await startOtelcol(config);
  return { ...figuresOf(collector.pid), log: collector.log, stop: collector.stop };
}

function figuresOf(pid: number): Omit<Gateway, 'log' | 'stop'> {
  return {
    cpuSeconds() {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // In ticks of 10 ms.
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    peakRssBytes() {
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;
    },
    forgetPeak() {
      try {
        writeFileSync(`/proc/${pid}/clear_refs`, '5');
      } catch {
        // Not every container may; then the peak is that of the whole run, for both.
      }
    },
  };
}
