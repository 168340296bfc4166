import type { ConnectionOptions } from 'node:tls';

/** Where an engine is reached, as `node:http` wants it. */
export interface Endpoint {
  /** As in the config. */
  readonly shown: string;
  /** A socket of this machine: process ids that the engine tells are of this machine too, unless it runs in a VM. */
  readonly local: boolean;
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  /** Put before every path; without a slash at its end. */
  readonly prefix: string;
  /** Undefined: without TLS. Called for each new connection, so that renewed certificates are read. */
  readonly tls?: () => ConnectionOptions;
}

const ports = { http: 80, https: 443, tcp: 2375, tcps: 2376 } as const;

/**
 * `unix:///run/docker.sock`, `tcp://host:port`, `http://…` or `https://…`. `tls` makes `tcp` encrypted. Throws an error whose
 * message goes on after the key's name.
 */
export function parseEngineEndpoint(endpoint: string, tls?: () => ConnectionOptions): Endpoint {
  const [, scheme, rest] = /^([a-z]+):\/\/(.*)$/.exec(endpoint) ?? [];
  if (scheme === undefined || rest === undefined)
    throw new Error(`${JSON.stringify(endpoint)} has no scheme: write unix:///path/to/docker.sock or tcp://host:port.`);
  if (scheme === 'npipe')
    throw new Error(
      'is a named pipe of Windows, which cannot be read here: let the engine listen on tcp:// and use that.',
    );
  if (scheme === 'ssh')
    throw new Error('is over ssh, which is not supported: forward the socket with ssh -L and use unix:// or tcp://.');
  if (scheme === 'unix') {
    if (!rest.startsWith('/')) throw new Error(`needs an absolute path: unix:///${rest || 'var/run/docker.sock'}`);
    return { shown: endpoint, local: true, socketPath: rest, prefix: '' };
  }
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https')
    throw new Error(`begins with ${scheme}://; unix://, tcp://, http:// and https:// are supported.`);
  if (!URL.canParse(`http://${rest}`)) throw new Error(`${JSON.stringify(endpoint)} is not an address.`);
  const { hostname, port, pathname, username } = new URL(`http://${rest}`);
  if (username) throw new Error('has a user in it, which the engine does not know: use tls with a certificate.');
  const secure = scheme === 'https' || (scheme === 'tcp' && tls !== undefined);
  const usual = scheme === 'tcp' ? ports[secure ? 'tcps' : 'tcp'] : ports[scheme];
  // URL leaves out port 80, as what is usual for http.
  const written = /:80(?:\/|$)/.test(rest) ? 80 : Number(port);
  return {
    shown: endpoint,
    local: false,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: written || usual,
    prefix: pathname.replace(/\/+$/, ''),
    ...(secure && { tls: tls ?? (() => ({})) }),
  };
}
