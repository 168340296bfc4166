// Records a heap and a wall profile into the folder that is its argument.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSync, heap, time } from '@datadog/pprof';

const folder = process.argv[2];
const kept = [];
heap.start(8 * 1024, 64);
time.start({ intervalMicros: 2000, durationMillis: 1500, withContexts: true, lineNumbers: false });
const fibonacci = (n) => (n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2));
function fill(count) {
  for (let at = 0; at < count; at++) kept.push({ name: `row ${at}`, values: Array.from({ length: 20 }, (_, index) => index * at) });
}
function parse() {
  return JSON.parse(JSON.stringify(kept.slice(-500))).length;
}
const until = Date.now() + 1500;
while (Date.now() < until) {
  time.setContext({ route: kept.length % 2000 ? '/orders' : '/health' });
  fibonacci(22);
  if (kept.length < 20000) fill(500);
  parse();
  await new Promise((resolve) => setTimeout(resolve, 2));
}
const labels = ({ context }) => ({ ...(context?.context ?? {}), thread: 'main', depth: 3 });
writeFileSync(join(folder, 'node-wall.pb.gz'), encodeSync(time.stop(false, labels)));
writeFileSync(join(folder, 'node-heap.pb.gz'), encodeSync(heap.profile()));
heap.stop();
