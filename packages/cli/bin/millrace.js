#!/usr/bin/env node
// Starts the program: dist/ in a published package, src/ in the workspace. Plain JavaScript, so that a Node.js too old
// for the rest gets a sentence and not a syntax error.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`millrace needs Node.js 22.15 or newer; this is ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}

const source = new URL('../src/main.ts', import.meta.url);
if (existsSync(source) && !process.execArgv.includes('source'))
  process.execve(process.execPath, [process.execPath, '-C', 'source', ...process.argv.slice(1)]);
// Compiled code from the last time; of TypeScript what was left of it, so that its parser (25 MB) need not be loaded.
enableCompileCache();
await import(existsSync(source) ? fileURLToPath(source) : '../dist/main.js');
