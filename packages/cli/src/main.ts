import { setFlagsFromString } from 'node:v8';
import { main } from './program.ts';

// A gateway's requests are memory outside V8's heap. V8 collects all of its heap for every few megabytes of it, on five threads,
// unless it counts them as what they are: a gateway took 3.0 s of CPU for 720,000 points, half of it on those threads, and takes 1.7 s so.
const [v8 = 0, v8Minor = 0] = process.versions.v8.split('.').map(Number);
if (v8 > 13 || (v8 === 13 && v8Minor >= 6)) setFlagsFromString('--external-memory-accounted-in-global-limit');

// Whoever reads standard output may stop reading: `millrace components | head`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => (code === 'EIO' ? endWithTerminal() : process.exit()));
// Pipelines go on without a reader of their log. Unhandled, the error would be logged, which fails again, for ever.
process.stderr.on('error', ({ code }: NodeJS.ErrnoException) => (code === 'EIO' ? endWithTerminal() : undefined));

/** The terminal has been closed. */
function endWithTerminal(): void {
  process.kill(process.pid, 'SIGTERM');
}

await main(process.argv.slice(2));
