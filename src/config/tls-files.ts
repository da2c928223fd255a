import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from './parse.js';

/** Where the certificate for HTTPS traffic and its private key are: absolute, PEM. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Both or none; null makes Offramp sign certificates itself. Throws UsageError unless both can be read and belong together. */
export function tlsFiles(cert: string | null, key: string | null): TlsFiles | null {
  if (cert === null && key === null) return null;
  if (cert === null || key === null) {
    const [given, missing] = cert === null ? ['tls-key', 'tls-cert'] : ['tls-cert', 'tls-key'];
    throw new UsageError(
      `--${given} needs --${missing} as well; without both, Offramp makes certificates itself`,
    );
  }
  const certificate = readCertificate(cert);
  const privateKey = readKey(key);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new UsageError(
      `--tls-key "${key}" is not the private key of the first certificate in --tls-cert "${cert}"`,
    );
  }
  return { certFile: path.resolve(cert), keyFile: path.resolve(key) };
}

function readCertificate(file: string): X509Certificate {
  const pem = read('tls-cert', file);
  try {
    return new X509Certificate(pem);
  } catch {
    throw new UsageError(
      `--tls-cert "${file}" holds no certificate in PEM; it takes the certificate of the server first, then those between it and its root`,
    );
  }
}

function readKey(file: string): KeyObject {
  const pem = read('tls-key', file);
  if (/ENCRYPTED/.test(pem.toString('latin1'))) {
    throw new UsageError(
      `--tls-key "${file}" is encrypted; write it without a passphrase, for example with "openssl pkey -in ${file} -out plain.pem"`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new UsageError(`--tls-key "${file}" holds no private key in PEM`);
  }
}

function read(flag: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--${flag} "${file}" cannot be read: ${(error as Error).message}`);
  }
}
