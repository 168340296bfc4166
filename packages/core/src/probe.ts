import { connect, createServer } from 'node:net';
import type { Finding } from './definition.ts';
import { describeError } from './errors.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `localhost:4317`, `:9464`, `[::1]:80` → host and port. Undefined if it is neither. An empty host means all addresses. */
export function parseEndpoint(endpoint: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:/\s]*)):(\d{1,5})$/.exec(endpoint);
  const port = Number(match?.[3]);
  return match && port <= 65535 ? { host: match[1] ?? match[2]!, port } : undefined;
}

/** Whether a server could listen there. */
export async function diagnoseListen(endpoint: string): Promise<Finding> {
  const where = parseEndpoint(endpoint);
  if (!where) return { level: 'error', text: `${endpoint} is not an address to listen on.`, advice: 'Give host:port.' };
  const server = createServer();
  const listening = Promise.withResolvers<Finding>();
  server.once('listening', () => listening.resolve({ level: 'ok', text: `${endpoint} is free to listen on.` }));
  server.once('error', (error: NodeJS.ErrnoException) =>
    listening.resolve({
      level: 'error',
      text: `${endpoint} cannot be listened on: ${describeError(error)}.`,
      advice:
        error.code === 'EADDRINUSE'
          ? `End what listens there (ss -ltnp 'sport = :${where.port}' shows it), or choose another port.`
          : 'Choose an address of this machine and a port above 1023, or run as a user who may.',
    }),
  );
  server.listen(where.port, where.host || undefined);
  const finding = await listening.promise;
  server.close();
  return finding;
}

/** Whether something answers there. */
export async function diagnoseConnect({ host, port }: HostPort, timeoutMs = 2_000): Promise<Finding> {
  const socket = connect({ host: host || 'localhost', port, timeout: timeoutMs });
  const tried = Promise.withResolvers<Finding>();
  const down = (reason: string): void =>
    tried.resolve({
      level: 'warning',
      text: `Nothing answers at ${host}:${port}: ${reason}.`,
      advice: 'Start the server, or correct the endpoint. Data waits in the sending queue until then.',
    });
  socket.once('connect', () => tried.resolve({ level: 'ok', text: `${host}:${port} accepts connections.` }));
  socket.once('timeout', () => down(`no answer within ${timeoutMs} ms`));
  socket.once('error', (error) => down(describeError(error)));
  const finding = await tried.promise;
  socket.destroy();
  return finding;
}
