import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { GoProgram } from './go-program.ts';

/** A running program that answers each question with a line of JSON. */
export interface Answers {
  /** The body, after a line of the words and the body's length. Rejects once the program has ended. */
  ask(words: readonly string[], body: Uint8Array): Promise<unknown>;
  stop(): Promise<void>;
}

export function startAnswers({ name, path }: GoProgram): Answers {
  const child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(words, body) {
      child.stdin.write(`${[...words, body.length].join(' ')}\n`);
      child.stdin.write(body);
      const { value, done } = await answers.next();
      if (done) throw new Error(`${name} has ended.`);
      return JSON.parse(value) as unknown;
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
