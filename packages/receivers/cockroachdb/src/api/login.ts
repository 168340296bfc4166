import type { Reply } from '@millrace/http-client';
import { objectOf, textOf } from '../json/access.ts';
import { readJson } from '../json/read.ts';
import { members, value } from '../json/shape.ts';
import { bareSession } from './credentials.ts';
import type { Endpoint } from './endpoint.ts';
import { ApiError } from './error.ts';
import type { Transport } from './transport.ts';
import { refusalOf } from './refusal.ts';
import type { LogIn } from './session.ts';

export interface Password {
  readonly username: string;
  readonly password: string;
}

const loginShape = members({ session: value });

/** By the API v2, or, before version 21.1, by what there was then. */
export function logInWith({ username, password }: Password, { exchange }: Transport): LogIn {
  const form = new URLSearchParams({ username, password }).toString();
  const json = JSON.stringify({ username, password });
  const typed = (type: string) => ({ accept: 'application/json', 'content-type': type });

  return async (endpoint, signal) => {
    const post = { method: 'POST', endpoint, signal } as const;
    const formHeaders = typed('application/x-www-form-urlencoded');
    const session = await exchange(
      { ...post, path: '/api/v2/login/', headers: formHeaders, body: form },
      async (reply) => (reply.status === 404 ? undefined : sessionOf(reply, endpoint)),
    );
    if (session !== undefined) return session;
    const older = { ...post, path: '/login', headers: typed('application/json'), body: json };
    return exchange(older, (reply) => sessionOfCookie(reply, endpoint));
  };
}

async function sessionOf(reply: Reply, endpoint: Endpoint): Promise<string> {
  if (reply.status !== 200) throw await refusalOf(reply, `The login to ${endpoint.base}`);
  return textOf(objectOf(await readJson(reply.body, loginShape))['session']) ?? withoutSession(endpoint);
}

async function sessionOfCookie(reply: Reply, endpoint: Endpoint): Promise<string> {
  if (reply.status !== 200) throw await refusalOf(reply, `The login to ${endpoint.base}`);
  reply.discard();
  const cookie = reply.headers['set-cookie']?.find((text) => text.startsWith('session='));
  return cookie === undefined ? withoutSession(endpoint) : bareSession(cookie);
}

function withoutSession({ base }: Endpoint): never {
  throw new ApiError(`${base} took the login, but gave no session.`, { reason: 'bad_reply' });
}
