import type { Driver } from '@millrace/sql';
import { connect } from './connection.ts';
import { readTarget } from './target.ts';

/** PostgreSQL, and what speaks its protocol: CockroachDB, TimescaleDB. */
const driver: Driver = {
  name: 'postgresql',
  describe(target) {
    const { host, port, database } = readTarget(target);
    return { system: 'postgresql', address: host, port, namespace: database };
  },
  connect: (target, signal) => connect(readTarget(target), signal),
};

export default driver;
