import { defineExtension } from '@millrace/core';
import { clientAuth } from './client.ts';
import { check, config } from './config.ts';
import { serverAuth } from './server.ts';

export default defineExtension({
  type: 'basic_auth',
  aliases: ['basicauth'],
  description: 'Asks clients for a user name and a password, or shows them to servers.',
  provides: ['server_auth', 'client_auth'],
  config,
  check,
  create: ({ htpasswd, client_auth: client }, context) =>
    htpasswd ? serverAuth(htpasswd, context) : clientAuth(client!, context),
});
