import type { Scope } from '@millrace/core';

/** Of metrics that do not name one themselves. */
export const scope: Scope = Object.freeze({ name: '@millrace/receiver-prometheus' });
