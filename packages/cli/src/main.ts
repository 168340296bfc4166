import { main } from './program.ts';

// Whoever reads standard output may stop reading: `millrace components | head`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => (code === 'EIO' ? endWithTerminal() : process.exit()));
// Pipelines go on without a reader of their log. Unhandled, the error would be logged, which fails again, for ever.
process.stderr.on('error', ({ code }: NodeJS.ErrnoException) => (code === 'EIO' ? endWithTerminal() : undefined));

/** The terminal has been closed. */
function endWithTerminal(): void {
  process.kill(process.pid, 'SIGTERM');
}

await main(process.argv.slice(2));
