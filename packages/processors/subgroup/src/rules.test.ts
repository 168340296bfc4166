import type { Attributes } from '@millrace/core';
import { expect, test } from 'vitest';
import builtIn from './built-in.ts';
import { compileEntry } from './entry.ts';
import { explain } from './explain.ts';
import type { RulesConfig } from './load.ts';
import { loadRules } from './load.ts';
import { cut } from './name-table.ts';
import { processFromText } from './process.ts';
import { classify } from './rules.ts';

const others = { group: 'other', subgroup: 'unknown' };
const rulesOf = (config: Partial<RulesConfig>) =>
  loadRules({ builtin: false, files: [], rules: [], others, ...config });
const builtInOnly = rulesOf({ builtin: true });
const testdata = (name: string): string => new URL(`../testdata/${name}`, import.meta.url).pathname;

const place = (rules: ReturnType<typeof rulesOf>, attributes: Attributes): string => {
  const { group, subgroup } = classify(rules, attributes);
  return `${group}/${subgroup}`;
};
const named = (name: string, commandLine?: string): Attributes => ({
  'process.pid': 1,
  'process.executable.name': name,
  ...(commandLine === undefined ? {} : { 'process.command_line': commandLine }),
});

test.each([
  ['postgres', undefined, 'db/postgres'],
  ['memcached', undefined, 'cache/memcached'],
  ['memcached', '/opt/couchbase/bin/memcached -C /opt/couchbase/var', 'db/couchbase'],
  ['beam.smp', '/usr/lib/erlang/bin/beam.smp -rabbit', 'messaging/rabbitmq'],
  ['beam.smp', '/opt/couchdb/erts/bin/beam.smp', 'db/couchdb'],
  ['beam.smp', '/opt/couchbase/lib/erlang/beam.smp', 'db/couchbase'],
  ['auditd', undefined, 'system/audit'],
  ['dsmcad', undefined, 'backup/tsm'],
  ['clickhouse-server', undefined, 'db/clickhouse'],
  ['clickhouse-serv', undefined, 'db/clickhouse'],
  ['cohesity-servic', undefined, 'backup/cohesity'],
  ['percona-xtradb-', undefined, 'db/percona'],
  ['blackbox_export', undefined, 'monitoring/blackbox'],
  ['systemd-journal', undefined, 'system/systemd'],
  ['yb-tserver', undefined, 'db/yugabyte'],
  ['ossec-syscheckd', undefined, 'security/wazuh'],
  ['zeek-archiver', undefined, 'security/zeek'],
  ['kworker/0:1H-kblockd', undefined, 'system/kernel'],
  ['qemu-system-x86_64', undefined, 'virtualization/qemu'],
  ['qemu-system-x86', undefined, 'virtualization/qemu'],
  ['java', '/usr/bin/java -jar app.jar', 'runtime/java'],
  ['java', 'java -Djetty.home=/opt/jetty -jar /opt/jetty/start.jar', 'web/jetty'],
  ['java', 'java -cp /opt/x org.eclipse.jetty.start.Main', 'web/jetty'],
  ['java', 'java -Dx=1 org.apache.catalina.startup.Bootstrap start', 'web/tomcat'],
  ['java', 'java org.springframework.boot.loader.launch.JarLauncher', 'web/springboot'],
  ['grep', 'grep -r org.eclipse.jetty.start.Main /src', 'other/unknown'],
  ['python3.11', '/usr/bin/python3 /usr/bin/salt-minion -d', 'cicd/saltstack'],
  ['python3.11', '/usr/bin/python3 -c "import salt-minion"', 'runtime/python'],
  ['python3.11', '/usr/bin/python3 -u main.py', 'runtime/python'],
  ['php-fpm8.2', undefined, 'runtime/php'],
  ['logger', undefined, 'other/unknown'],
  ['Postgres', undefined, 'other/unknown'],
  ['postgres2', undefined, 'other/unknown'],
  ['smtpd', undefined, 'mail/postfix'],
  ['pipewire', undefined, 'audio/pipewire'],
])('the built-in table puts %s (%s) into %s', (name, commandLine, expected) => {
  expect(place(builtInOnly, named(name, commandLine))).toBe(expected);
});

test('the built-in table is sorted, and says nothing twice', () => {
  const places = builtIn.map(({ group, subgroup }) => `${group}/${subgroup}`);
  expect(places.map((place) => place.split('/')[0])).toEqual(
    places.map((place) => place.split('/')[0]).sort((a, b) => (a! < b! ? -1 : a! > b! ? 1 : 0)),
  );
  const owners = new Map<string, string>();
  for (const entry of builtIn) {
    expect(compileEntry(entry, 'x').problems).toEqual([]);
    if (entry.command_line !== undefined || entry.user !== undefined) continue;
    for (const name of [entry.name ?? []].flat()) {
      for (const key of new Set([name, cut(name)])) {
        expect(owners.get(key) ?? `${entry.group}/${entry.subgroup}`, key).toBe(`${entry.group}/${entry.subgroup}`);
        owners.set(key, `${entry.group}/${entry.subgroup}`);
      }
    }
  }
  expect(new Set(places).size).toBeGreaterThan(140);
});

test('a cut name is made whole by the file that runs, and does not match what only begins alike', () => {
  const rules = rulesOf({ rules: [{ group: 'g', subgroup: 'journal', name: 'systemd-journald' }] });
  const process = named('systemd-journal');
  expect(place(rules, process)).toBe('g/journal');
  expect(place(rules, { ...process, 'process.executable.path': '/lib/systemd/systemd-journald' })).toBe('g/journal');
  expect(place(rules, { ...process, 'process.executable.path': '/lib/systemd/systemd-journal-remote' })).toBe(
    'other/unknown',
  );
  expect(place(rules, named('systemd-journal-remote'))).toBe('other/unknown');
});

test('a rule with a cut name, as Herakles files have them, matches the whole name', () => {
  const rules = rulesOf({ rules: [{ group: 'g', subgroup: 's', matches: ['clickhouse-serv'] }] });
  expect(place(rules, named('clickhouse-server'))).toBe('g/s');
  expect(place(rules, named('clickhouse-ser'))).toBe('other/unknown');
});

test('of the rules that match the last wins, whatever its kind', () => {
  const byName = { group: 'g', subgroup: 'name', name: 'app' };
  const byLine = { group: 'g', subgroup: 'line', command_line: '--app' };
  const process = named('app', 'app --app');
  expect(place(rulesOf({ rules: [byName, byLine] }), process)).toBe('g/line');
  expect(place(rulesOf({ rules: [byLine, byName] }), process)).toBe('g/name');
  expect(place(rulesOf({ rules: [byName, { ...byName, subgroup: 'again' }] }), process)).toBe('g/again');
  expect(
    place(rulesOf({ builtin: true, rules: [{ group: 'g', subgroup: 's', name_prefix: 'post' }] }), named('postgres')),
  ).toBe('g/s');
});

test('rules of later files win over those of earlier ones, and the config over all', () => {
  const files = [testdata('herakles.toml'), testdata('rules.yaml')];
  const rules = rulesOf({ builtin: true, files, rules: [{ group: 'mine', subgroup: 'nginx', name: 'nginx' }] });
  expect(place(rules, named('postgres'))).toBe('db/shop_postgres');
  expect(place(rules, { ...named('nginx'), 'process.owner': 'edge' })).toBe('mine/nginx');
  expect(place(rulesOf({ builtin: true, files }), { ...named('nginx'), 'process.owner': 'edge' })).toBe('web/edge');
  expect(place(rulesOf({ builtin: true, files }), { ...named('nginx'), 'process.owner': 'root' })).toBe('web/nginx');
});

test('a Herakles file is taken as it is, and its command lines are really looked for', () => {
  const rules = rulesOf({ files: [testdata('herakles.toml')] });
  expect(rules.rules.map(({ origin }) => origin.split('/').at(-1))).toEqual([
    'herakles.toml:2',
    'herakles.toml:2',
    'herakles.toml:8',
  ]);
  expect(place(rules, named('checkoutd'))).toBe('shop/checkout');
  expect(place(rules, named('checkout-worker'))).toBe('shop/checkout');
  expect(place(rules, named('java', 'java com.example.shop.Checkout'))).toBe('shop/checkout');
  expect(place(rules, named('com.example.shop.Checkout'))).toBe('other/unknown');
});

test('all kinds of a rule must match, and placeholders are filled in', () => {
  const rules = rulesOf({ files: [testdata('rules.yaml')], others: { group: 'rest', subgroup: '{process.owner}' } });
  expect(place(rules, named('python3', 'python3 /bin/gunicorn --name=shop'))).toBe('web/shop');
  const contained = { ...named('app'), 'container.id': 'abc', 'process.linux.cgroup': '/kubepods.slice/x' };
  expect(place(rules, contained)).toBe('container/app');
  expect(place(rules, { ...contained, 'process.linux.cgroup': '/system.slice' })).toBe('rest/unknown');
  expect(place(rules, { ...named('app'), 'process.owner': 'eve' })).toBe('rest/eve');
  expect(place(rules, named('job-nightly'))).toBe('batch/jobs');
  expect(place(rules, named('job-daily'))).toBe('rest/unknown');
});

test.each([
  [{ container: 'abc' }, { 'container.id': 'abcdef' }, true],
  [{ container: 'bcd' }, { 'container.id': 'abcdef' }, false],
  [{ container: 'web-*' }, { 'container.id': 'abcdef', 'container.name': 'web-1' }, true],
  [{ cgroup: 'system.slice' }, { 'process.linux.cgroup': '/system.slice/ssh.service' }, true],
  [{ cgroup: '/system.slice/*.service' }, { 'process.linux.cgroup': '/system.slice/ssh.service' }, true],
  [{ cgroup: '/system.slice/?.service' }, { 'process.linux.cgroup': '/system.slice/ssh.service' }, false],
  [{ user: ['a', 'b'] }, { 'process.owner': 'b' }, true],
  [{ user: 'a' }, {}, false],
  [{ command_line_regex: '^x' }, { 'process.command_args': ['x', 'y'] }, true],
  [{ name: [] }, { 'process.executable.name': '' }, false],
])('%j against %j: %s', (kinds, attributes, expected) => {
  const rules = rulesOf({ rules: [{ group: 'g', subgroup: 's', ...kinds }] });
  expect(place(rules, { 'process.pid': 1, ...(attributes as Attributes) })).toBe(expected ? 'g/s' : 'other/unknown');
});

test.each([
  ['broken.toml', /broken\.toml:\d+: Invalid TOML/],
  ['broken.yaml', /broken\.yaml:\d+: /],
  [
    'mistakes.toml',
    /mistakes\.toml:6: Unknown key match; allowed are group, subgroup, name.*\n.*mistakes\.toml:6: subgroup must be/,
  ],
  ['mistakes.yaml', /mistakes\.yaml:2: name_regex: Invalid regular expression.*\n.*mistakes\.yaml:5: matches and name/],
  ['missing.toml', /missing\.toml: ENOENT/],
])('%s is refused with its place', (file, message) => {
  expect(() => rulesOf({ files: [testdata(file)] })).toThrow(message);
});

test('explains which rule decided, where it was written, and what it overrides', () => {
  const rules = rulesOf({ builtin: true, files: [testdata('herakles.toml')] });
  const { rule, overridden, ...subgroup } = explain(rules, named('postgres'));
  expect(subgroup).toEqual({ group: 'db', subgroup: 'shop_postgres' });
  expect(rule).toMatchObject({ origin: `${testdata('herakles.toml')}:8`, reasons: ['name is postgres'] });
  expect(overridden).toMatchObject([{ group: 'db', subgroup: 'postgres', origin: 'built-in' }]);

  const jetty = explain(rules, processFromText('/usr/bin/java -jar org.eclipse.jetty.start.Main'));
  expect(jetty.rule?.reasons).toEqual(['name is java', 'command line contains org.eclipse.jetty.start.Main']);
  expect(jetty.overridden.map(({ subgroup }) => subgroup)).toEqual(['java']);
  expect(explain(rules, processFromText('nothing-known'))).toEqual({
    group: 'other',
    subgroup: 'unknown',
    rule: undefined,
    overridden: [],
  });
});
