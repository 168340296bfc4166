import type { X509Certificate } from 'node:crypto';

export interface Certificate {
  /** As Go writes it: the most particular part first. */
  readonly issuer: string;
  readonly commonName: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly validUntil: number;
}

/** A chain that a server sent may be as long as it likes. */
const longestChain = 10;

/** The certificate of a server and those that vouch for it, as far as they are known. */
export function chainOf(first: X509Certificate | undefined): readonly Certificate[] {
  const chain: Certificate[] = [];
  const seen = new Set<string>();
  let certificate = first;
  while (certificate && chain.length < longestChain && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    chain.push(certificateOf(certificate));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

function certificateOf({ issuer, subject, subjectAltName = '', validTo }: X509Certificate): Certificate {
  return {
    issuer: issuer.split('\n').toReversed().join(','),
    commonName: /^CN=(.*)$/m.exec(subject)?.[1] ?? '',
    names: namesOf(subjectAltName),
    validUntil: Date.parse(validTo),
  };
}

const kinds = ['IP Address', 'URI', 'DNS', 'email'];

/** `DNS:localhost, IP Address:127.0.0.1`, in the collector's order: addresses, URIs, hosts, mail. */
function namesOf(text: string): string[] {
  const names = [...text.matchAll(/([\w ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)].map(([, kind, name]) => ({
    kind: kinds.indexOf(kind!),
    name: name!,
  }));
  return names
    .filter(({ kind }) => kind >= 0)
    .toSorted((a, b) => a.kind - b.kind)
    .map(({ name }) => name);
}
