/** The program as a function, for those who start it from their own: `await main(['run', 'millrace.yaml'])`. */
export { main } from './program.ts';
