import { describe, expect, it } from 'vitest';
import { parseEngineEndpoint } from './endpoint.ts';

const tls = () => ({});

describe('an endpoint', () => {
  it.each([
    { endpoint: 'unix:///var/run/docker.sock', want: { socketPath: '/var/run/docker.sock', prefix: '', local: true } },
    { endpoint: 'tcp://10.0.0.1:2375', want: { host: '10.0.0.1', port: 2375, prefix: '', local: false } },
    { endpoint: 'tcp://engine', want: { host: 'engine', port: 2375, prefix: '', local: false } },
    { endpoint: 'tcp://engine:80', want: { host: 'engine', port: 80, prefix: '', local: false } },
    { endpoint: 'tcp://engine', tls, want: { host: 'engine', port: 2376, prefix: '', local: false, tls } },
    { endpoint: 'http://example.com/', want: { host: 'example.com', port: 80, prefix: '', local: false } },
    { endpoint: 'http://proxy:8080/docker/', want: { host: 'proxy', port: 8080, prefix: '/docker', local: false } },
    { endpoint: 'https://[::1]:2376', tls, want: { host: '::1', port: 2376, prefix: '', local: false, tls } },
  ])('$endpoint', ({ endpoint, tls: given, want }) =>
    expect(parseEngineEndpoint(endpoint, given)).toEqual({ shown: endpoint, ...want }),
  );

  it.each([
    { endpoint: 'npipe:////./pipe/docker_engine', says: /named pipe of Windows/ },
    { endpoint: 'ssh://user@host', says: /over ssh, which is not supported/ },
    { endpoint: '/var/run/docker.sock', says: /has no scheme: write unix:/ },
    { endpoint: 'unix://docker.sock', says: /needs an absolute path/ },
    { endpoint: 'ftp://engine', says: /begins with ftp:/ },
    { endpoint: 'tcp://en gine:99999', says: /is not an address/ },
    { endpoint: 'tcp://me:secret@engine', says: /has a user in it/ },
  ])('$endpoint is refused', ({ endpoint, says }) => expect(() => parseEngineEndpoint(endpoint)).toThrow(says));
});
