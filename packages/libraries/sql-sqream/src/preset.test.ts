import { afterEach, describe, expect, it } from 'vitest';
import { polling } from '../../../receivers/sqlquery/src/testdata/polling.ts';
import { startWorker, type Statement, type Worker } from './testdata/server.ts';

const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close();
});

const text = (name: string) => ({ name, type: ['ftBlob', 0, 0], nullable: false, isTrueVarChar: true });
const int = (name: string) => ({ name, type: ['ftInt', 4, 0], nullable: false, isTrueVarChar: false });
const bool = (name: string) => ({ name, type: ['ftBool', 1, 0], nullable: false, isTrueVarChar: false });
const real = (name: string) => ({ name, type: ['ftDouble', 8, 0], nullable: false, isTrueVarChar: false });

/** One row of a statement: the parts of its columns. */
function row(cells: readonly (readonly [column: object, value: string | number | boolean])[]): Statement {
  const parts = cells.flatMap(([column, value]) => {
    const [type] = (column as { type: [string] }).type;
    const bytes = Buffer.alloc(type === 'ftDouble' ? 8 : 4);
    if (typeof value === 'string') {
      bytes.writeInt32LE(Buffer.byteLength(value));
      return [bytes, Buffer.from(value)];
    }
    if (typeof value === 'boolean') return [Buffer.from([Number(value)])];
    if (type === 'ftDouble') bytes.writeDoubleLE(value);
    else bytes.writeInt32LE(value);
    return [bytes];
  });
  return { columns: cells.map(([column]) => column), fetches: [{ rows: 1, parts }] };
}

const statements: Readonly<Record<string, Statement>> = {
  'select 1': { error: 'The query requires a GPU-Worker.' },
  'select show_server_status()': row([
    [text('service'), 'monitor'],
    [int('statement_id'), 77],
    [text('statement'), 'select "x"'],
    [text('statement_status'), 'Executing'],
  ]),
  'select show_locks()': { columns: [int('statement_id')] },
  'select get_leveldb_stats()': row([
    [text('server_ip'), '10.0.0.1'],
    [int('server_port'), 5000],
    [text('msg'), 'get'],
    [int('count'), 5],
    [real('average'), 1.5],
    [real('max'), 9],
  ]),
  'select show_cluster_nodes()': row([
    [text('server_ip'), '10.0.0.1'],
    [int('server_port'), 5000],
    [text('instance_id'), 'node_1'],
    [int('last_heartbeat'), 23],
  ]),
  'select get_license_info()': row([
    [int('compressed_cluster_size'), 10],
    [int('uncompressed_cluster_size'), 30],
    [int('cluster_size_limit'), 100],
    [int('cluster_size_left'), 90],
    [bool('is_date_expired'), false],
    [bool('is_size_exceeded'), true],
  ]),
};

const configOn = (worker: Worker) => ({
  driver: 'sqream',
  host: '127.0.0.1',
  port: worker.port,
  database: 'master',
  username: 'sqream',
  password: 'pa"ss',
  additional_params: { service: 'monitor' },
  preset: 'sqream',
});

describe("sqlquery's preset sqream", () => {
  it('gives rows as records and their numbers as metrics', async () => {
    const worker = await startWorker({ statements });
    workers.push(worker);
    await using run = await polling(configOn(worker));
    await run.until(() => run.records().length >= 4 && run.metrics('sqream.license.exceeded').length > 0);
    await run.until(() => run.metrics('sqream.cluster.node.last_heartbeat').length > 0);
    await run.until(() => run.metrics('sqream.leveldb.operation.count').length > 0);
    expect(run.context.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);

    const status = run.records().find(({ attributes }) => attributes['sqream.metric'] === 'show_server_status');
    expect(status).toMatchObject({
      attributes: { 'sqream.metric': 'show_server_status' },
      body: { service: 'monitor', statement_id: 77, statement: 'select "x"', statement_status: 'Executing' },
    });
    const exceeded = run.metrics('sqream.license.exceeded')[0]!;
    expect(exceeded.resource.attributes).toMatchObject({ 'db.system.name': 'sqream', 'db.namespace': 'master' });
    const points = exceeded.metric.dataPoints.map(({ attributes, value }) => [
      attributes['sqream.license.reason'],
      value,
    ]);
    expect(points).toEqual([
      ['is_date_expired', 0],
      ['is_size_exceeded', 1],
    ]);
    await run.stop();
    expect(worker.wrong).toEqual([]);
  });

  it('says so when the worker has a GPU, and when columns are others', async () => {
    const other = {
      ...statements,
      'select 1': row([[int('x'), 1]]),
      'select get_license_info()': row([[int('other'), 1]]),
    };
    const worker = await startWorker({ statements: other });
    workers.push(worker);
    await using run = await polling(configOn(worker));
    const body = (): unknown =>
      run.records().find(({ attributes }) => attributes['sqream.metric'] === 'get_license_info')?.body;
    await run.until(() => run.logged().includes('expect_failure') && run.logged().includes('it gives no column'));
    await run.until(() => body() !== undefined);
    expect(body()).toEqual({ other: 1 });
    await run.stop();
    expect(worker.wrong).toEqual([]);
  });
});
