import { ours } from './ours.ts';
import { stillChildren } from './peers.ts';
const stop = await stillChildren('/tmp/pf/children', 1000);
const cfg = process.env.B === '0' ? { smaps: { budget: '0' } } : {};
const s = await ours(cfg as any, 5);
for (let i = 0; i < Number(process.env.R ?? 6); i++) console.log((await s.scan()).toFixed(1), s.stages.join());
await s.stop();
await stop();
