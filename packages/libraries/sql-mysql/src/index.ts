import type { Driver } from '@millrace/sql';
import { connect } from './connection.ts';
import { readTarget } from './target.ts';

/** MySQL and MariaDB. */
const driver: Driver = {
  name: 'mysql',
  describe(target) {
    const { address, port, database } = readTarget(target);
    return { system: 'mysql', address, port, namespace: database };
  },
  connect: async (target, signal) => connect(readTarget(target), signal),
};

export default driver;
