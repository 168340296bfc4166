import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const maxAnswerBytes = 64 * 1024;

export function readAnswer(response: IncomingMessage): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (): void =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, Math.max(0, maxAnswerBytes - size)));
      size += chunk.length;
      if (size <= maxAnswerBytes) return;
      // What is cut here cannot be read there, and is reported as that.
      settle();
      response.destroy();
    });
    response.once('end', settle);
    response.on('error', reject);
  });
}
