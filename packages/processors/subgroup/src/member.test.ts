import { expect, test } from 'vitest';
import { entity, gone, processOf, second, started, valuesOf } from '../testdata/grouping.ts';

test('an entity that ended and comes back is not counted twice', async () => {
  const { take } = await started();
  const [a, b] = [processOf(1, 'nginx'), processOf(2, 'nginx')];
  await take(entity(a, 10, { cpu: 10 }), entity(b, 10, { cpu: 1 }));
  await take(gone(a, 20, { cpu: 10 }), entity(b, 20, { cpu: 1 }));
  expect(valuesOf(await take(entity(a, 30, { cpu: 11 }), entity(b, 30, { cpu: 1 })), 'cpu.time')).toEqual([
    'nginx cpu.mode="user" 12',
  ]);
});

test('the series of an empty subgroup end, and it begins anew', async () => {
  const { take } = await started();
  const a = processOf(1, 'nginx');
  await take(entity(a, 10, { cpu: 10, rss: 5 }));
  const ended = await take(gone(a, 20, { cpu: 10, rss: 5 }));
  expect(
    ended
      .split('\n')
      .filter((line) => line.startsWith('process.group.'))
      .map((line) => line.replace(/\{.*?\}/, '')),
  ).toEqual([
    'process.group.cpu.time ended s',
    'process.group.memory.usage ended By',
    'process.group.oldest_start_time ended s',
    'process.group.size ended {process}',
  ]);
  expect(ended).toContain('process.cpu.time');
  const back = await take(entity(processOf(2, 'nginx', { startedAt: 25 }), 30, { cpu: 2 }));
  expect(valuesOf(back, 'cpu.time')).toEqual(['nginx cpu.mode="user" 2']);
});

test('an empty subgroup that is kept counts 0, and its counters go on', async () => {
  const { take } = await started({ remove_empty_groups: false });
  const a = processOf(1, 'nginx');
  const other = processOf(9, 'sshd');
  await take(entity(a, 10, { cpu: 10, rss: 5 }));
  await take(gone(a, 20, { cpu: 10, rss: 5 }));
  const empty = await take(entity(other, 30, {}));
  expect(valuesOf(empty, 'size')).toEqual(['nginx 0', 'ssh 1']);
  expect(valuesOf(empty, 'cpu.time')).toEqual(['nginx cpu.mode="user" 10']);
  expect(valuesOf(empty, 'memory.usage')).toEqual([]);
  const back = await take(entity(processOf(2, 'nginx', { startedAt: 35 }), 40, { cpu: 2 }));
  expect(valuesOf(back, 'cpu.time')).toEqual(['nginx cpu.mode="user" 12']);
});

test('a process that executes another program moves, and takes along only what it does from then on', async () => {
  const { take } = await started();
  const [shell, daemon] = [processOf(1, 'nginx'), processOf(1, 'postgres')];
  await take(entity(shell, 10, { cpu: 10, rss: 5 }), entity(processOf(2, 'nginx'), 10, { cpu: 1 }));
  const moved = await take(
    entity(daemon, 20, { cpu: 11, rss: 6 }),
    entity(processOf(2, 'nginx'), 20, { cpu: 1 }),
    gone(shell, 20, { cpu: 10, rss: 5 }),
  );
  expect(valuesOf(moved, 'cpu.time')).toEqual(['nginx cpu.mode="user" 11', 'postgres cpu.mode="user" 1']);
  expect(valuesOf(moved, 'size')).toEqual(['nginx 1', 'postgres 1']);
  expect(valuesOf(await take(entity(daemon, 30, { cpu: 15 })), 'cpu.time')).toEqual(['postgres cpu.mode="user" 5']);
});

test('equal resources that are other objects in each batch are the same process', async () => {
  const { take } = await started();
  for (const at of [10, 20, 30]) {
    const text = await take(entity(structuredClone(processOf(1, 'nginx')), at, { cpu: at, rss: 5 }));
    expect(valuesOf(text, 'cpu.time')).toEqual([`nginx cpu.mode="user" ${at}`]);
    expect(valuesOf(text, 'size')).toEqual(['nginx 1']);
  }
});

test('a process that is only no longer sent is gone after a while', async () => {
  const { take, clock } = await started({ member_expiration: '60s' });
  const [a, b] = [processOf(1, 'nginx'), processOf(2, 'nginx')];
  await take(entity(a, 10, { cpu: 10, rss: 1 }), entity(b, 10, { cpu: 1, rss: 1 }));
  await clock.advance(60 * second);
  expect(valuesOf(await take(entity(b, 70, { cpu: 2, rss: 1 })), 'size')).toEqual(['nginx 2']);
  await clock.advance(second);
  const text = await take(entity(b, 71, { cpu: 2, rss: 1 }));
  expect(valuesOf(text, 'size')).toEqual(['nginx 1']);
  expect(valuesOf(text, 'cpu.time')).toEqual(['nginx cpu.mode="user" 12']);
});
