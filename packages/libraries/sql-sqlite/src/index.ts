import { type Driver, SqlError, type Target } from '@millrace/sql';
import { connect } from './connection.ts';

/** A file, as `datasource` or `database`; `file:` URIs too. */
function fileOf({ datasource, database }: Target): string {
  const file = datasource ?? database;
  if (file === undefined || file === '') throw new SqlError('connection', 'The datasource names no file.');
  return file;
}

/** SQLite, the one that is in Node.js. Each connection is a process of its own: a query that runs on and on can be ended. */
const driver: Driver = {
  name: 'sqlite',
  describe: (target) => ({ system: 'sqlite', namespace: fileOf(target) }),
  connect: (target, signal) => connect({ file: fileOf(target), readOnly: target.readOnly }, signal),
};

export default driver;
