import type { Finding } from '@millrace/core';
import { describeError } from '@millrace/core';
import { type Connection, loadDriver, redactor, SqlError } from '@millrace/sql';
import type { Config } from './config.ts';
import { explain } from './explain.ts';
import { type LoadedQuery, loadQueries } from './queries.ts';
import { type ConfiguredTarget, targetsOf } from './targets.ts';

const timeoutMs = 10_000;

/** Whether each database answers, and takes each query; none is run. */
export async function diagnose(config: Config): Promise<readonly Finding[]> {
  const { queries } = loadQueries(config);
  const found = await Promise.all(targetsOf(config).map((configured) => diagnoseTarget(configured, queries)));
  return found.flat();
}

async function diagnoseTarget(
  { name, driver: driverName, target }: ConfiguredTarget,
  queries: readonly LoadedQuery[],
): Promise<Finding[]> {
  const redact = redactor(target);
  const what = name === '' ? 'The database' : `The database ${name}`;
  let connection: Connection | undefined;
  try {
    const driver = await loadDriver(driverName);
    const { address, port, namespace } = driver.describe(target);
    const where = [address, port].filter((part) => part !== undefined).join(':');
    const place = [where, namespace].filter((part) => part !== undefined && part !== '').join(' ');
    connection = await driver.connect(target, AbortSignal.timeout(timeoutMs));
    const findings: Finding[] = [{ level: 'ok', text: `${what} answers: ${place}.` }];
    for (const query of queries) findings.push(...(await diagnoseQuery(query, connection, redact)));
    return findings;
  } catch (error) {
    const text = error instanceof SqlError ? explain(error, '') : describeError(error);
    return [
      {
        level: 'error',
        text: `${what} cannot be asked: ${redact(text)}`,
        advice: 'Check where it is (datasource, or host, port and database) and the credentials, and that it runs.',
      },
    ];
  } finally {
    await connection?.close();
  }
}

async function diagnoseQuery(
  { name, config: { sql = '', only_if: condition, expect_failure: failing } }: LoadedQuery,
  connection: Connection,
  redact: (text: string) => string,
): Promise<Finding[]> {
  const statements = [...(condition === undefined ? [sql] : [condition])];
  if (failing) return [];
  for (const statement of statements) {
    try {
      await connection.check(statement, AbortSignal.timeout(timeoutMs));
    } catch (error) {
      return [
        {
          level: 'error',
          text: `The query ${name} is wrong: ${redact(explain(error, statement))}`,
          advice: 'Try the statement with the database’s own tools, as the same user.',
        },
      ];
    }
  }
  return [{ level: 'ok', text: `The query ${name} is one that the database takes.` }];
}
