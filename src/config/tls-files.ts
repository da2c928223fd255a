import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './parse.js';

/** Where a certificate and its private key are: absolute, PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A pair of flags that name such files, and what is the case without them. */
export interface TlsFlags {
  readonly cert: string;
  readonly key: string;
  readonly otherwise: string;
}

const OF_TRAFFIC: TlsFlags = {
  cert: 'tls-cert',
  key: 'tls-key',
  otherwise: 'Offramp makes certificates itself',
};

/** Both or none, which is null. Throws UsageError unless both can be read and belong together. */
export function tlsFiles(
  cert: string | null,
  key: string | null,
  flags: TlsFlags = OF_TRAFFIC,
): TlsFiles | null {
  if (cert === null && key === null) return null;
  if (cert === null || key === null) {
    const [given, missing] = cert === null ? [flags.key, flags.cert] : [flags.cert, flags.key];
    throw new UsageError(`--${given} needs --${missing} as well; without both, ${flags.otherwise}`);
  }
  const certificate = readCertificate(flags.cert, cert);
  const privateKey = readKey(flags.key, key);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new UsageError(
      `--${flags.key} "${key}" is not the private key of the first certificate in --${flags.cert} "${cert}"`,
    );
  }
  return { certFile: path.resolve(cert), keyFile: path.resolve(key) };
}

function readCertificate(flag: string, file: string): X509Certificate {
  const pem = read(flag, file);
  try {
    return new X509Certificate(pem);
  } catch {
    throw new UsageError(
      `--${flag} "${file}" holds no certificate in PEM; it takes the certificate of the server first, then those between it and its root`,
    );
  }
}

function readKey(flag: string, file: string): KeyObject {
  const pem = read(flag, file);
  if (/ENCRYPTED/.test(pem.toString('latin1'))) {
    throw new UsageError(
      `--${flag} "${file}" is encrypted; write it without a passphrase, for example with "openssl pkey -in ${file} -out plain.pem"`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new UsageError(`--${flag} "${file}" holds no private key in PEM`);
  }
}

function read(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--${flag} "${file}" cannot be read: ${(error as Error).message}`);
  }
}
