import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';

/**
 * A port of 127.0.0.1 on which nobody listens now. Below those that systems give to connections and to who listens on 0
 * (from 32768 on Linux), so that nobody else is given it before it is used. Nor does, on Linux, anybody who asks here while
 * this process lives: tests that run side by side do not get in each other's way.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (!(await reserve(port))) continue;
    const server = await listening({ port, host: '127.0.0.1' });
    if (!server) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** By a socket in the abstract namespace (unix(7)), which ends with its process. */
const reserve = async (port: number): Promise<boolean> =>
  process.platform !== 'linux' || (await listening({ path: `\0millrace-port-${port}` })) !== undefined;

/** Undefined where somebody listens. It keeps no process alive. */
async function listening(where: ListenOptions): Promise<Server | undefined> {
  const server = createServer().unref().listen(where);
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
