#!/usr/bin/env node
// Starts the program: dist/ in a published package, src/ in the workspace. Plain JavaScript, so that a Node.js too old
// for the rest gets a sentence and not a syntax error.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`millrace needs Node.js 22.15 or newer; this is ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}

const source = new URL('../src/main.ts', import.meta.url);
const inWorkspace = existsSync(source);

// A pipeline makes a batch, hands it on and forgets it, a second or ten later again. V8 takes the batch that lives while it
// collects for one of many that will live long, and gives a host pipeline of 300 processes 200 MB, where these settings keep
// it at 120 MB for the same CPU time. What NODE_OPTIONS says of them wins.
const flags = ['--no-allocation-site-pretenuring', '--max-semi-space-size=4'];
const wanted = flags.filter((flag) => !process.env.NODE_OPTIONS?.includes(flag.split('=')[0]));
if (inWorkspace) wanted.push('--conditions=source');
const missing = wanted.filter((flag) => !process.execArgv.includes(flag));
if (missing.length > 0 && process.execve)
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...missing, ...process.argv.slice(1)], {
    // Compiled code from the last time; of TypeScript what was left of it, so that its parser (25 MB) need not be loaded,
    // not in the threads of components either.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    ...process.env,
  });
module.enableCompileCache();
await import(inWorkspace ? fileURLToPath(source) : '../dist/main.js');
