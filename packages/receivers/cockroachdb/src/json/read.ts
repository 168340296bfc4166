import { createJsonReader } from './reader.ts';
import type { Json, Shape } from './shape.ts';

/** What a body has of the shape. Rejects with a `JsonError`, or with what ends the body. */
export async function readJson(body: AsyncIterable<Uint8Array>, shape: Shape): Promise<Json | undefined> {
  const reader = createJsonReader(shape);
  for await (const chunk of body) reader.push(chunk);
  return reader.end();
}
