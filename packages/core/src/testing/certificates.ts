import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate authority for tests, in a temporary folder. */
export interface Authority {
  readonly caFile: string;
  /** Files of a certificate that it signed for localhost, 127.0.0.1 and the name. */
  issue(name: string): { certFile: string; keyFile: string };
  /** A file in the same temporary folder. */
  file(name: string): string;
  remove(): void;
}

/** Needs `openssl` on the PATH. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
  return {
    caFile: file('ca.pem'),
    file,
    issue(name) {
      openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(file(`${name}.ext`), `subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:${name}`);
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed);
      return { certFile: file(`${name}.pem`), keyFile: file(`${name}.key`) };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
