// `npm run soak -- [MINUTES] [SEED]`: the conservation test for as long as one likes. Ends with 1 if something is lost.
import { conserve } from './conserve.ts';

const [minutes = '30', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const report = await conserve({ seconds: Number(minutes) * 60, seed: Number(seed), say: console.error });
console.log(
  JSON.stringify({ ...report, missing: report.missing.slice(0, 100), missing_count: report.missing.length }, null, 2),
);
process.exitCode = report.missing.length > 0 ? 1 : 0;
