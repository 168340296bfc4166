import { describeError } from '@millrace/core';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeCluster, type FakeNode, text } from '../testdata/fake-cluster.ts';
import { harness, type Harness } from '../testdata/harness.ts';

let open: (Harness | FakeNode)[] = [];
afterEach(async () => {
  for (const one of open) await ('stop' in one ? one.stop() : one.close());
  open = [];
});

async function start(ids: readonly string[]) {
  const fakes = await fakeCluster({ replies: 'v24.1', nodes: ids });
  const receiver = await harness(
    { clusters: [{ name: 'shop', endpoints: fakes.map(({ url }) => url) }], presets: ['sql'] },
    { now: '2024-09-30T13:40:00.500Z' },
  );
  open.push(...fakes, receiver);
  return { fakes, receiver };
}

const selects = (id: number): string =>
  `cockroachdb.sql.statements{cockroachdb.cluster.name="shop",cockroachdb.node.id="${id}"|operation="select"}`;

describe('the page of a node without an endpoint', () => {
  it('is passed on by another', async () => {
    const { fakes, receiver } = await start(['1']);
    const { value, errors } = await receiver.scrape();
    expect(errors).toEqual([]);
    expect(value(selects(3))).toBe(9007199254740992n);
    expect(fakes[0]!.requests.filter((path) => path.startsWith('/_status/vars')).sort()).toEqual([
      '/_status/vars',
      '/_status/vars?remote_node_id=2',
      '/_status/vars?remote_node_id=3',
    ]);
  });

  it('is never taken for that of the node that was asked', async () => {
    const { fakes, receiver } = await start(['1']);
    const own = fakes[0]!.answerAs('/_status/vars');
    fakes[0]!.answers.set('/_status/vars', (request, response) => {
      // Versions before 21.2 do not know the parameter.
      request.url = '/_status/vars';
      own(request, response);
    });
    const { value, errors } = await receiver.scrape();
    expect(value(selects(1))).toBe(9007199254740992n);
    expect(value(selects(2))).toBeUndefined();
    expect(value(selects(3))).toBeUndefined();
    expect(errors.map(describeError).join()).toContain('does not pass on what is asked of node 2');
    const before = fakes[0]!.requests.length;
    expect((await receiver.scrape()).errors).toEqual([]);
    expect(fakes[0]!.requests.slice(before).filter((path) => path.startsWith('/_status/vars'))).toEqual([
      '/_status/vars',
    ]);
  });
});

it('a page that cannot be read costs nothing else', async () => {
  const { fakes, receiver } = await start(['1', '2', '3']);
  fakes[1]!.answers.set('/_status/vars', (_request, response) => text(response, 200, 'sql_select_count{ 5\n'));
  const { value, errors } = await receiver.scrape();
  expect(value(selects(1))).toBe(9007199254740992n);
  expect(value(selects(2))).toBeUndefined();
  expect(value('cockroachdb.node.memory.usage{cockroachdb.cluster.name="shop",cockroachdb.node.id="2"|}')).toBe(
    536870912,
  );
  expect(errors.map(describeError).join()).toContain('/_status/vars failed: Line 1');
});

it('pages are read while the cluster itself tells nothing', async () => {
  const { fakes, receiver } = await start(['1', '2']);
  await receiver.scrape();
  for (const { answers } of fakes)
    answers.set('/_status/nodes', (_request, response) => text(response, 500, 'no quorum'));
  const { value } = await receiver.scrape();
  expect(value('cockroachdb.cluster.up{cockroachdb.cluster.name="shop"|error.type="http_status"}')).toBe(0);
  expect(value(selects(1))).toBe(9007199254740992n);
  expect(value(selects(3))).toBeUndefined();
});

it('no page is read where it is not needed', async () => {
  const fakes = await fakeCluster({ replies: 'v20.2', nodes: ['1'] });
  const receiver = await harness({ clusters: [{ name: 'shop', endpoints: [fakes[0]!.url] }] });
  open.push(...fakes, receiver);
  await receiver.scrape();
  expect(fakes[0]!.requests.filter((path) => path.startsWith('/_status/vars'))).toEqual([]);
});
