import type { Context } from '@millrace/core';
import { isPermanent } from '@millrace/core';
import type { Headers } from './headers.ts';

export const authSchema = {
  type: 'object',
  description: 'Who the exporter says it is.',
  properties: {
    authenticator: {
      type: 'string',
      format: 'extension',
      provides: 'client_auth',
      description:
        'The id of an extension that gives credentials, such as `bearer_token_auth`. Asked at every request.',
    },
  },
  required: ['authenticator'],
} as const;

/** The headers of a request that show who sends it. Rejects with an error that names the endpoint. */
export type Credentials = (endpoint: string) => Promise<Headers>;

export function credentialsOf(
  context: Context,
  auth: { readonly authenticator: string } | undefined,
): Credentials | undefined {
  if (!auth) return undefined;
  const extension = context.extension(auth.authenticator);
  return async (endpoint) => {
    try {
      return (await extension.credentials?.()) ?? {};
    } catch (error) {
      if (isPermanent(error)) throw error;
      throw new Error(`${endpoint}: ${auth.authenticator} gave no credentials`, { cause: error });
    }
  };
}
