import type { ConfigOf } from '@millrace/core';
import { authSchema, connectionsSchema, headersSchema } from '@millrace/http-client';

const validation = {
  type: 'object',
  description: 'What the answer must be like. Each key is a validation of its own, but for `equals` and `matches`.',
  properties: {
    contains: { type: 'string', minLength: 1, description: 'The body has this text.' },
    not_contains: { type: 'string', minLength: 1, description: 'The body has not this text.' },
    regex: { type: 'string', format: 'regex', description: 'The body matches.' },
    json_path: {
      type: 'string',
      minLength: 1,
      description: 'The body is JSON and has something there: `checks.0.state`, `$.status`; `list.#` is how many.',
    },
    equals: { type: 'string', description: 'With json_path: what is there, as text.' },
    min_size: { type: 'integer', minimum: 0, description: 'The body has at least so many bytes.' },
    max_size: { type: 'integer', minimum: 0, description: 'The body has at most so many bytes.' },
    status: {
      anyOf: [
        { type: 'integer', description: 'One.' },
        { type: 'string', description: 'Several: `2xx`, `200-204`, `200, 404`.' },
      ],
      description: 'The status is one of these.',
    },
    header: { type: 'string', minLength: 1, description: 'The answer has this header.' },
    matches: { type: 'string', format: 'regex', description: 'With header: its value matches.' },
  },
} as const;

const target = {
  type: 'object',
  description: 'Endpoints that are asked in the same way.',
  properties: {
    name: { type: 'string', minLength: 1, description: 'An attribute of all its points, `httpcheck.name`.' },
    endpoint: { type: 'string', description: 'The URL to ask.' },
    endpoints: {
      type: 'array',
      items: { type: 'string', description: 'A URL.' },
      description: 'Several URLs, each asked on its own.',
    },
    method: { type: 'string', default: 'GET', description: 'The method of the request.' },
    headers: headersSchema,
    body: { type: 'string', description: 'The body of the request.' },
    auto_content_type: {
      type: 'boolean',
      default: false,
      description: 'The request says what its body looks like: JSON, a form or plain text, unless `headers` says it.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'How long the check of one endpoint may take, with its redirects and samples.',
    },
    validations: { type: 'array', items: validation, default: [], description: 'What the answer must be like.' },
    follow_redirects: { type: 'boolean', default: true, description: 'Follow redirects, ten at most.' },
    max_response_size: {
      type: 'string',
      format: 'bytes',
      default: '1MiB',
      description: 'So much of a body is read; the connection is then closed.',
    },
    samples: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'How many requests a scrape makes, for percentiles of how long they take.',
    },
    concurrency: {
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 10,
      description: 'With samples: how many of them are on their way at once.',
    },
    quantiles: {
      type: 'array',
      items: { type: 'number', minimum: 0, maximum: 1, description: 'From 0 to 1; 1 is the slowest sample.' },
      default: [0.5, 0.9, 0.99, 1],
      description: 'With samples: which percentiles.',
    },
    ip_version: {
      type: 'string',
      enum: ['any', 'ipv4', 'ipv6'],
      default: 'any',
      description: 'Which addresses of the host are used.',
    },
    socket_path: {
      type: 'string',
      minLength: 1,
      description: 'A unix socket to connect to. The URL says the host and the path: `http://localhost/health`.',
    },
    certificate_warning: {
      type: 'string',
      format: 'duration',
      default: '336h',
      description: 'A log record tells when the certificate, or one of its chain, ends sooner.',
    },
    auth: { ...authSchema, description: 'Who asks.' },
    ...connectionsSchema,
    idle_conn_timeout: {
      ...connectionsSchema.idle_conn_timeout,
      description: 'Known to the collector; here connections end with their scrape.',
    },
    max_conns_per_host: {
      ...connectionsSchema.max_conns_per_host,
      description: 'With samples: how many connections to open at most; 0 is as many as `concurrency`.',
    },
    disable_keep_alives: {
      ...connectionsSchema.disable_keep_alives,
      description: 'With samples: open a connection for each. The first request of a scrape always has a new one.',
    },
  },
} as const;

export const config = {
  properties: {
    targets: { type: 'array', items: target, minItems: 1, description: 'What is asked.' },
  },
  required: ['targets'],
} as const;

export type Config = ConfigOf<typeof config>;
export type TargetConfig = Config['targets'][number];
export type ValidationConfig = TargetConfig['validations'][number];
