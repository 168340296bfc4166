import { resolveConfig } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { checkConfig, config } from './config.ts';

const problems = (input: object) => checkConfig(resolveConfig(config, input));

describe('what the schema cannot say', () => {
  it.each([
    {},
    { endpoint: 'tcp://engine:2376', tls: { ca_file: 'ca.pem' }, api_version: '1.44' },
    { endpoint: 'tcp://engine:2375', tls: { insecure: true } },
    { excluded_images: ['a', '/b/', '!c*'], resource_attributes: { 'container.image.id': { enabled: true } } },
  ])('%j is right', (input) => expect(problems(input)).toEqual([]));

  it.each([
    {
      input: { endpoint: 'npipe:////./pipe/docker_engine' },
      path: ['endpoint'],
      says: /^endpoint is a named pipe of Windows/,
    },
    { input: { tls: {} }, path: ['tls'], says: /a unix socket is not encrypted/ },
    { input: { endpoint: 'http://engine', tls: {} }, path: ['tls'], says: /does not go with http/ },
    { input: { endpoint: 'tcp://e', tls: { cert_file: 'c.pem' } }, path: ['tls'], says: /go together/ },
    { input: { api_version: '1.4' }, path: ['api_version'], says: /1.40 without quotes is the number 1.4/ },
    { input: { api_version: 'v1.41' }, path: ['api_version'], says: /must be like "1.41"/ },
    {
      input: { excluded_images: ['ok', '/(/'] },
      path: ['excluded_images', 1],
      says: /"\/\(\/" is not a pattern/,
    },
    {
      input: { include: { names: ['{a'] } },
      path: ['include', 'names', 0],
      says: /is not a pattern: a { is not closed/,
    },
    {
      input: { exclude: { labels: ['[a'] } },
      path: ['exclude', 'labels', 0],
      says: /"\[a" is not a pattern/,
    },
    { input: { request_timeout: '0s' }, path: ['request_timeout'], says: /more than 0/ },
    {
      input: { resource_attributes: { 'container.nmae': {} } },
      path: ['resource_attributes', 'container.nmae'],
      says: /there are container.id, /,
    },
  ])('$input: $says', ({ input, path, says }) =>
    expect(problems(input)).toEqual([{ path, message: expect.stringMatching(says) }]),
  );
});
