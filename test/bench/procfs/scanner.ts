// One scanner of ours in a process of its own, so that neither its heap nor its CPU time is mixed with another's:
// `node scanner.ts <config as JSON> <scans>` answers each line on stdin with the CPU milliseconds of one scan.
import { createInterface } from 'node:readline';
import { ours } from './ours.ts';

const scanner = await ours(JSON.parse(process.argv[2]!) as object, Number(process.argv[3]));
for await (const _ of createInterface({ input: process.stdin })) console.log((await scanner.scan()).toFixed(4));
await scanner.stop();
