import type { MetricDeclaration } from '@millrace/core';

const url = {
  'http.url': 'the endpoint, as the config has it',
  'httpcheck.name': '`name`, where the target has one; the number of an endpoint that is listed again',
} as const;
const certificate = {
  ...url,
  'http.tls.issuer': 'who issued the certificate',
  'http.tls.cn': 'the common name of its subject',
  'http.tls.san': 'its other names, a list',
} as const;
const validation = {
  ...url,
  'validation.type': '`contains`, `not_contains`, `regex`, `json_path`, `size`, `status` or `header`',
} as const;

const gauge = { kind: 'gauge', valueType: 'int', attributes: url } as const;
const milliseconds = { ...gauge, unit: 'ms', valueType: 'double' } as const;
const count = { kind: 'up_down_counter', valueType: 'int' } as const;
const off = { enabled: false } as const;

/** The names, units and defaults of the collector's receiver; what it has not is at the end. */
export const metrics = {
  'httpcheck.duration': { ...milliseconds, description: 'How long the check took, redirects and the body included.' },
  'httpcheck.status': {
    ...count,
    unit: '1',
    description: 'Whether the status of the answer has this class: 1 or 0.',
    attributes: {
      ...url,
      'http.status_class': '`1xx` to `5xx`',
      'http.status_code': 'the status, where the value is 1',
      'http.method': 'the method of the request',
    },
  },
  'httpcheck.error': {
    ...count,
    unit: '{error}',
    description: 'That there was no answer: 1.',
    attributes: { ...url, 'error.message': 'why' },
  },
  'httpcheck.dns.lookup.duration': { ...milliseconds, ...off, description: 'How long looking up the host took.' },
  'httpcheck.client.connection.duration': {
    ...milliseconds,
    ...off,
    description: 'How long connecting took, without the lookup.',
    attributes: { ...url, 'network.transport': '`tcp` or `unix`' },
  },
  'httpcheck.tls.handshake.duration': { ...milliseconds, ...off, description: 'How long the TLS handshake took.' },
  'httpcheck.client.request.duration': { ...milliseconds, ...off, description: 'How long sending the request took.' },
  'httpcheck.response.duration': {
    ...milliseconds,
    ...off,
    description: 'How long the answer took from its headers to its end.',
  },
  'httpcheck.response.size': { ...gauge, ...off, unit: 'By', description: 'The size of the body of the answer.' },
  'httpcheck.tls.cert_remaining': {
    ...gauge,
    ...off,
    unit: 's',
    description: "How long the server's certificate is still valid; negative when it has expired.",
    attributes: certificate,
  },
  'httpcheck.validation.passed': {
    ...count,
    ...off,
    unit: '{validation}',
    description: 'How many validations the answer passed.',
    attributes: validation,
  },
  'httpcheck.validation.failed': {
    ...count,
    ...off,
    unit: '{validation}',
    description: 'How many validations the answer failed.',
    attributes: validation,
  },
  'httpcheck.up': {
    ...gauge,
    ...off,
    unit: '1',
    description:
      'Whether there was an answer that passed all validations, 1 or 0; without one of the status, it is below 400.',
  },
  'httpcheck.first_byte.duration': {
    ...milliseconds,
    ...off,
    description: 'How long it took from the end of the request to the headers of the answer.',
  },
  'httpcheck.redirects': {
    ...gauge,
    ...off,
    unit: '{redirect}',
    description: 'How many redirects were followed.',
  },
  'httpcheck.tls.chain.cert_remaining': {
    ...gauge,
    ...off,
    unit: 's',
    description: 'How long each certificate of the chain is still valid.',
    attributes: { ...certificate, 'http.tls.chain_index': "0 for the server's own, 1 for its issuer's, and so on" },
  },
  'httpcheck.sample.duration': {
    ...milliseconds,
    description: 'With `samples`: a percentile of how long the good ones took.',
    attributes: { ...url, quantile: '`0.99`, by nearest rank: the least sample that 99 % of them do not exceed' },
  },
  'httpcheck.sample.count': {
    ...gauge,
    unit: '{sample}',
    description: 'With `samples`: how many there were at this scrape.',
    attributes: { ...url, 'httpcheck.result': '`ok` or `failed`' },
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>;
