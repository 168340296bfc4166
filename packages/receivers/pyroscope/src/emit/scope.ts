import type { Scope } from '@millrace/core';

export const scope: Scope = Object.freeze({ name: '@millrace/receiver-pyroscope' });
