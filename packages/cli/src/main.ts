import { main } from './program.ts';

// Whoever reads what is written here may stop reading: `millrace components | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

await main(process.argv.slice(2));
