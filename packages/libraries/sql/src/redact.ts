import type { Target } from './driver.ts';

/** Takes what is secret in a target out of a text: the datasource, and the passwords in it and beside it. */
export function redactor({ datasource = '', password = '', params = {} }: Target): (text: string) => string {
  const found = [password, ...passwordsIn(datasource)];
  for (const [key, value] of Object.entries(params)) if (secretKey.test(key)) found.push(String(value));
  const secrets = [datasource, ...found, ...found.map(encodeURIComponent)].filter((secret) => secret.length > 2);
  // The longest first: one may be a part of another.
  const inOrder = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  return (text) => inOrder.reduce((left, secret) => left.replaceAll(secret, '***'), text);
}

const secretKey = /passw|pwd|secret|token/i;
const assigned =
  /(?:password|passwd|pwd|secret|token|sslpassword)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|([^;&\s]+))/gi;
/** `scheme://user:password@host`, `user:password@tcp(host)`, `user/password@host`. */
const beforeHost = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^:/@\s]*[:/](.+)@[^@]*$/i;

function passwordsIn(datasource: string): string[] {
  const found: string[] = [];
  for (const [, single, double, bare] of datasource.matchAll(assigned)) {
    const value = single ?? double ?? bare;
    if (value) found.push(value, value.replace(/\\(.)/g, '$1'));
  }
  const [, inUrl] = beforeHost.exec(datasource) ?? [];
  if (inUrl) {
    found.push(inUrl);
    try {
      found.push(decodeURIComponent(inUrl));
    } catch {
      // It was not encoded.
    }
  }
  return found;
}
