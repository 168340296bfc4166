import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { create, fetched, start } from '../testdata/serving.ts';

const tlsFile = (name: string): string => join(import.meta.dirname, '../testdata/tls', name);

const tls = { cert_file: tlsFile('server.pem'), key_file: tlsFile('server.key') };
const ca = readFileSync(tlsFile('ca.pem'));

describe('https', () => {
  test('is served with a certificate', async () => {
    const { url } = await start({ tls });
    expect(url).toMatch(/^https:/);
    expect((await fetched(url, { ca })).status).toBe(200);
  });

  test('asks clients for theirs', async () => {
    const { url } = await start({ tls: { ...tls, client_ca_file: tlsFile('ca.pem') } });
    await expect(fetched(url, { ca, agent: false })).rejects.toThrow();
    const own = { cert: readFileSync(tlsFile('client.pem')), key: readFileSync(tlsFile('client.key')) };
    expect((await fetched(url, { ca, agent: false, ...own })).status).toBe(200);
  });

  test.each([
    [{ ...tls, cert_file: '/does/not/exist.pem' }, '/does/not/exist.pem'],
    [{ ...tls, key_file: tlsFile('server.pem') }, 'tls'],
  ])('does not start without usable files', async (wrong, message) => {
    const { component } = create({ tls: wrong });
    const error = await component.start!().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect((error as Error).message).toContain(message);
  });
});
