import type { LogRecord, MetricData, Span } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { ConditionContext, Subject } from './index.ts';
import { ConditionError, parseCondition } from './index.ts';

const span: Span = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'GET /health',
  kind: 2,
  startTime: [10, 5],
  endTime: [11, 0],
  attributes: { 'http.status': 500, ratio: 0.25 },
  status: { code: 2, message: 'broken' },
};
const record: LogRecord = {
  observedTime: [20, 0],
  severityNumber: 17,
  body: { event: 'login', user: { name: 'ada' }, tags: ['a', 'b'] },
  attributes: { env: 'prod', big: 2n ** 60n, small: 5n, on: true, nothing: null, raw: new Uint8Array([255, 1]) },
};
const metric: MetricData = {
  descriptor: { name: 'http.requests', description: '', unit: '1', valueType: 0 },
  dataPointType: 3,
  aggregationTemporality: 1,
  isMonotonic: true,
  dataPoints: [],
};
const subject: Subject = {
  metadata: { 'x-tenant': ['acme', 'ecorp'] },
  resource: { attributes: { 'service.name': 'shop', replicas: 3, list: ['x', 1], same: ['x', 1n] } },
  scope: { name: 'lib', version: '1.2' },
  span,
  event: { name: 'exception', time: [10, 7], attributes: { type: 'E' } },
  metric,
  point: { startTime: [1, 0], endTime: [2, 0], attributes: { path: '/a' }, value: 7 },
  record,
};

const test = (condition: string, context?: ConditionContext): boolean =>
  parseCondition(condition, { context }).test(subject);

describe.each<[ConditionContext, readonly string[], readonly string[]]>([
  [
    'resource',
    [
      'attributes["service.name"] == "shop"',
      'resource.attributes["service.name"] == "shop"',
      'attributes["service.name"] != "shop" or attributes["replicas"] == 3',
      'attributes["replicas"] >= 3 and attributes["replicas"] < 3.5',
      'attributes["missing"] != "x"',
      'attributes["missing"] == nil',
      'nil == attributes["missing"]',
      'not attributes["missing"] != nil',
      'not (attributes["replicas"] == 3 and attributes["service.name"] == "x")',
      'attributes["replicas"] == 1 or attributes["replicas"] == 2 and false or true',
      'attributes["list"][1] == 1',
      'attributes["list"] == attributes["same"]',
      'IsMatch(attributes["service.name"], "^sh")',
      'IsMatch(attributes["service.name"], "(?i)^SHOP$")',
      'IsMatch(attributes["service.name"], "(?P<first>s)hop")',
      'IsMatch(attributes["replicas"], "^3$")',
      'IsMatch(attributes["list"], "\\\\[")',
      'HasPrefix(attributes["service.name"], "sh") == true',
      'HasSuffix(attributes["service.name"], "op")',
      'ToUpperCase(attributes["service.name"]) == "SHOP"',
      'Len(attributes["list"]) == 2',
      'Len(attributes) > 3',
      'IsList(attributes["list"])',
      'schema_url == ""',
      'request["X-Tenant"] == "ecorp"',
      'true',
    ],
    [
      'attributes["replicas"] == "3"',
      'attributes["service.name"] < 5',
      'attributes["missing"] < 1',
      'attributes["missing"] == ""',
      'IsMatch(attributes["missing"], ".*")',
      'attributes["service.name"]["deeper"] == "x"',
      'attributes["constructor"] != nil',
      'attributes["list"]["0"] == "x"',
      'not true',
      'false',
    ],
  ],
  [
    'request',
    [
      'request["X-Tenant"] == "acme"',
      'request["x-tenant"] == "ecorp"',
      '"acme" == request["x-tenant"]',
      'request["x-tenant"] != "acme"',
      'request["x-tenant"][1] == "ecorp"',
      'otelcol.client.metadata["X-Tenant"][0] == "acme"',
      'otelcol.grpc.metadata["x-tenant"] == "acme"',
      'IsMatch(request["x-tenant"], "^ec")',
      'request["other"] == nil',
      'request["x-tenant"] != nil',
      'not request["other"] == "x"',
    ],
    [
      'request["other"] == "acme"',
      'request["other"] != "acme"',
      'request["x-tenant"] == nil',
      'request["constructor"] != nil',
    ],
  ],
  [
    'span',
    [
      'name == "GET /health"',
      'span.name == "GET /health"',
      'kind == SPAN_KIND_SERVER',
      'kind.string == "Server"',
      'kind.deprecated_string == "SPAN_KIND_SERVER"',
      'status.code == STATUS_CODE_ERROR and status.message == "broken"',
      'trace_id.string == "0af7651916cd43dd8448eb211c80319c"',
      'parent_span_id.string == ""',
      'IsRootSpan()',
      'end_time_unix_nano == 11000000000',
      'start_time_unix_nano == 10000000005',
      'attributes["http.status"] >= 500',
      'IsInt(attributes["http.status"]) and IsDouble(attributes["ratio"])',
      'resource.attributes["service.name"] == "shop" and scope.name == "lib"',
      'instrumentation_scope.version == "1.2"',
    ],
    ['kind == SPAN_KIND_CLIENT', 'trace_state != ""'],
  ],
  [
    'spanevent',
    ['name == "exception"', 'span.name == "GET /health"', 'attributes["type"] == "E"', 'time_unix_nano > 1'],
    [],
  ],
  [
    'metric',
    [
      'name == "http.requests"',
      'metric.name == "http.requests"',
      'type == METRIC_DATA_TYPE_SUM',
      'is_monotonic == true',
      'aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE',
      'unit == "1"',
    ],
    ['type == METRIC_DATA_TYPE_GAUGE'],
  ],
  [
    'datapoint',
    [
      'attributes["path"] == "/a"',
      'value_int == 7',
      'metric.name == "http.requests"',
      'flags == FLAG_NONE',
      'value_double == nil',
    ],
    ['value_double > 1', 'count > 0'],
  ],
  [
    'log',
    [
      'severity_number >= SEVERITY_NUMBER_ERROR',
      'log.severity_number == 17',
      'severity_text == ""',
      'body["event"] == "login"',
      'log.body["user"]["name"] == "ada"',
      'IsMatch(body, "\\"login\\"")',
      'IsMatch(body.string, "ada")',
      'attributes["big"] == 1152921504606846976',
      'attributes["big"] > 1152921504606846975',
      'attributes["small"] == 5 and attributes["small"] == 5.0',
      'attributes["on"] == true',
      'IsBool(attributes["on"])',
      'attributes["nothing"] == nil',
      'IsMatch(attributes["raw"], "^ff01$")',
      'time_unix_nano == 0',
      'IsMap(body)',
      'IsString(attributes["env"])',
    ],
    ['attributes["big"] == 1152921504606846975', 'body == "login"', 'attributes["on"] == 1'],
  ],
])('a condition on a %s', (context, holds, fails) => {
  it.each(holds.map((one) => [one]))('holds: %s', (one) => expect(test(one, context)).toBe(true));
  it.each(fails.map((one) => [one]))('does not hold: %s', (one) => expect(test(one, context)).toBe(false));
});

it.each<[string, ConditionContext, string]>([
  ['attributes["a"] == 1', 'resource', 'resource'],
  ['request["a"] == "1"', 'request', 'request'],
  ['true', 'resource', 'request'],
  ['log.severity_number < SEVERITY_NUMBER_ERROR', 'log', 'item'],
  ['span.name == "x" and resource.attributes["y"] == "z"', 'span', 'item'],
  ['datapoint.attributes["a"] == 1 and metric.name == "m"', 'datapoint', 'item'],
  ['resource.attributes["a"] == 1 and request["b"] == "c"', 'resource', 'resource'],
])('%s is about a %s and needs a %s', (source, context, needs) =>
  expect(parseCondition(source)).toMatchObject({ context, needs }),
);

it('needs no more than it looks at, whatever its context', () => {
  expect(parseCondition('resource.attributes["a"] == 1', { context: 'log' }).needs).toBe('resource');
  expect(parseCondition('scope.name == "a"', { context: 'log' }).needs).toBe('item');
});

it.each<[string, boolean]>([
  ['route()', true],
  ['route() where attributes["service.name"] == "shop"', true],
  ['route() where not (attributes["service.name"] == "shop")', false],
])('the statement %s', (source, want) =>
  expect(parseCondition(source, { form: 'statement' }).test(subject)).toBe(want),
);

it.each<[string, ConditionContext | 'statement', RegExp]>([
  ['', 'resource', /^column 1: expected a path, a value or a function, found the end$/],
  ['attributes["a"] = "b"', 'resource', /^column 17: = is not understood: to compare, write ==$/],
  ["attributes['a'] == 1", 'resource', /^column 12: ' is not understood: texts stand in double quotes$/],
  ['attributes["a"] == "b" && true', 'resource', /^column 24: & is not understood: write and$/],
  ['attributes["a"] == "b" AND true', 'resource', /^column 24: write and in lower case$/],
  ['attributes["a"] == "b" where true', 'resource', /^column 24: where belongs to a statement/],
  ['attributes["a"] == "b', 'resource', /^column 20: the text has no closing double quote$/],
  ['attributes["a"] == "\\d"', 'resource', /^column 21: a text has no escape \\d; for a backslash write \\\\d$/],
  ['attributes["a"]', 'resource', /^column 16: expected ==, !=, <, <=, > or >=, found the end$/],
  ['(attributes["a"] == 1', 'resource', /^column 22: expected \), found the end$/],
  ['attributes["a"] == 1)', 'resource', /^column 21: expected and, or or the end, found \)$/],
  ['attributes[a] == 1', 'resource', /^column 12: expected a key, which is a text in double quotes or a whole number$/],
  ['attributes.a == 1', 'resource', /^column 1: a resource has no attributes\.a; it has attributes\["…"\], schema_url/],
  ['atributes["a"] == 1', 'resource', /^column 1: a resource has no atributes; it has attributes/],
  ['severity_number > 1', 'resource', /^column 1: a resource has no severity_number/],
  [
    'log.severity_number > 1',
    'resource',
    /^column 1: a condition with the context resource sees resource and request\["…"\], not log$/,
  ],
  ['attributes["a"] == 1', 'request', /^column 1: a condition with the context request sees request\["…"\] only$/],
  ['attributes["a"] == 1', 'metric', /^column 1: a metric has no attributes of its own/],
  ['name["a"] == 1', 'span', /^column 1: name has no keys$/],
  [
    'severity_number > SEVERITY_NUMBER_BAD',
    'log',
    /^column 19: there is no constant SEVERITY_NUMBER_BAD; there are SEVERITY_NUMBER_UNSPECIFIED,/,
  ],
  ['isMatch(name, "a")', 'span', /^column 1: there is no function isMatch; did you mean IsMatch\?$/],
  ['ParseJSON(body) == 1', 'log', /^column 1: there is no function ParseJSON; there are IsMatch,/],
  ['IsMatch(name)', 'span', /^column 1: IsMatch takes what it looks at and a regular expression$/],
  ['IsMatch(name, attributes["a"])', 'span', /^column 15: expected a regular expression in double quotes$/],
  ['IsMatch(name, "(")', 'span', /^column 15: the regular expression is not valid: /],
  ['IsMatch(name, "[[:alpha:]]")', 'span', /^column 15: classes like/],
  ['Len(name)', 'span', /^column 1: Len gives a value: compare it with another$/],
  ['IsRootSpan()', 'log', /^column 1: IsRootSpan needs the context span, this one is log$/],
  ['request == "x"', 'request', /^column 1: a header is request\["name"\]/],
  ['request.x["a"] == "x"', 'request', /^column 1: request\.x is not known; a header is request\["name"\]$/],
  ['Len(request["a"]) > 1', 'request', /^column 5: Len needs one value: write …\[0\] after the header$/],
  [`${'('.repeat(5000)}true${')'.repeat(5000)}`, 'resource', /nested too deep$/],
  [`${'not '.repeat(5000)}true`, 'resource', /nested too deep$/],
  ['attributes["a"] == 1', 'statement', /^column 1: a statement is route\(\) or route\(\) where …, found attributes$/],
  ['delete_key(attributes, "a")', 'statement', /^column 1: a statement is route\(\)/],
  ['route() attributes["a"] == 1', 'statement', /^column 9: expected and, or or the end, found attributes$/],
])('%s is refused for a %s', (source, as, message) => {
  const read = () =>
    as === 'statement' ? parseCondition(source, { form: 'statement' }) : parseCondition(source, { context: as });
  expect(read).toThrow(ConditionError);
  expect(read).toThrow(message);
});
