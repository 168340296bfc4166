import type { IncomingMessage } from 'node:http';
import { EngineError } from './errors.ts';

/** A frame of statistics has about 2 kB, an event with many labels about as much. */
const longestLine = 1024 * 1024;
const newline = 10;

/**
 * Calls back with each line of a stream that goes on, as the bytes of the chunk that it came in where it can. Resolves when
 * the stream ends; rejects when it breaks, sends a line without end, or a line is refused by a throw.
 */
export function eachLine(stream: IncomingMessage, take: (line: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let held: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      let from = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
        const part = chunk.subarray(from, end);
        const line = held.length > 0 ? Buffer.concat([...held, part]) : part;
        held = [];
        size = 0;
        from = end + 1;
        if (line.length === 0) continue;
        try {
          take(line);
        } catch (error) {
          reject(error as Error);
          stream.destroy();
          return;
        }
      }
      if (from === chunk.length) return;
      held.push(chunk.subarray(from));
      size += chunk.length - from;
      if (size <= longestLine) return;
      reject(new EngineError(`The engine sent a line of more than ${longestLine} bytes.`));
      stream.destroy();
    });
    stream.on('error', (error) => reject(new EngineError('The engine broke off a stream', { cause: error })));
    stream.on('end', resolve);
    stream.on('close', () => resolve());
  });
}
