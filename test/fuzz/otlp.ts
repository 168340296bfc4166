// Damaged and malicious requests at both protocols: node -C source test/fuzz/otlp.ts 1000000 [seed]
import { fuzz } from './otlp/run.ts';

const requests = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? 1);
const began = performance.now();

const { counts, failures, rssMib } = await fuzz({
  requests,
  seed,
  progress: (done) =>
    process.stderr.write(`${done} of ${requests}, ${Math.round(process.memoryUsage.rss() / 1048576)} MiB\n`),
});
const byKind = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
for (const [kind, count] of byKind) console.log(`${String(count).padStart(8)}  ${kind}`);
for (const failure of failures) console.error(failure);
console.log(
  `${requests} requests in ${Math.round((performance.now() - began) / 1000)} s, ${failures.length} wrong; ` +
    `RSS ${rssMib.early} MiB after a quarter, ${rssMib.late} MiB at the end.`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
