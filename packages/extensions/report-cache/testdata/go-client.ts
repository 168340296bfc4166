import { join } from 'node:path';
import { hasBuilt } from '../../../../test/peers/build.ts';
import { goProgram } from '../../../../test/peers/go-program.ts';

/** The client of testdata/go-client. */
export const goClient = goProgram({ name: 'report-cache-client', folder: join(import.meta.dirname, 'go-client') });

/** Whether it can be had here. The first time that takes up to a minute. Says why it cannot. */
export const hasGoClient = (): boolean => hasBuilt(goClient);
