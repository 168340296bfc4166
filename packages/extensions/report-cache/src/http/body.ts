import type { IncomingMessage } from 'node:http';
import { code, createBody, invalid, Refusal, tooLarge } from '@millrace/server';

/** Commands have a few arguments. */
const maxBodyBytes = 256 * 1024;

/** A body of JSON, as text. Rejects with a Refusal. How long it may take is for the server to say. */
export async function readJson(request: IncomingMessage): Promise<string> {
  const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
  if (type.split(';', 1)[0]!.trim().toLowerCase() !== 'application/json')
    throw unsupported(`The content-type ${JSON.stringify(type)} is not taken; application/json is.`);
  if (encoding !== undefined && encoding !== 'identity')
    throw unsupported(`The content-encoding ${JSON.stringify(encoding)} is not taken; send the body as it is.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  const body = createBody();
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      body.push(chunk as Buffer);
      if (body.size > maxBodyBytes) throw tooLarge(maxBodyBytes);
    }
    return body.take().toString();
  } catch (error) {
    throw error instanceof Refusal ? error : invalid('The body did not come whole.');
  } finally {
    body.release();
  }
}

const unsupported = (message: string): Refusal => new Refusal(message, { code: code.invalidArgument, status: 415 });
