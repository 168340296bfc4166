import { enableCompileCache } from 'node:module';

enableCompileCache?.();
const { main } = await import('./program.ts');
await main(process.argv.slice(2));
