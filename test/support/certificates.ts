import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  type JsonGeneralName,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto);

const KEYS = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** PEM, as node:tls takes them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  issue(...names: string[]): Promise<Certificate>;
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

const validity = () => ({
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 3_600_000),
});

const subjectAltName = (names: readonly string[]) =>
  new SubjectAlternativeNameExtension(
    names.map((value): JsonGeneralName => ({ type: isIP(value) ? 'ip' : 'dns', value })),
  );

export async function selfSigned(...names: string[]): Promise<Certificate> {
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${names[0]}`,
    keys,
    signingAlgorithm: KEYS,
    ...validity(),
    extensions: [subjectAltName(names)],
  });
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
}

/** An authority of the test's own, for certificates that shall be trusted. */
export async function createAuthority(): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test authority',
    keys,
    signingAlgorithm: KEYS,
    ...validity(),
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  return {
    cert: root.toString('pem'),
    async issue(...names) {
      const own = await webcrypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${names[0]}`,
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: KEYS,
        ...validity(),
        extensions: [subjectAltName(names)],
      });
      return { cert: certificate.toString('pem'), key: await pemOf(own.privateKey) };
    },
  };
}
