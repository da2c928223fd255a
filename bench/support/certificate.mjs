// One certificate for everything that speaks TLS, so that handshakes cost all of them the same.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from './offramp.mjs';
import { findProgram } from './processes.mjs';

const OPENSSL = findProgram('openssl');
const NAMES = 'subjectAltName=DNS:*.example.com,IP:127.0.0.1';

export const CERTIFICATE_NAME = 'ECDSA P-256';

/** Files `cert`, `key`, and `both` one behind the other; null without openssl. */
export function makeCertificate() {
  if (!OPENSSL) return null;
  const folder = temporaryDirectory();
  const [cert, key, both] = ['cert.pem', 'key.pem', 'both.pem'].map((name) => path.join(folder, name));
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=bench.example.com', '-addext', NAMES];
  execFileSync(OPENSSL, ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...names], {
    stdio: 'ignore',
  });
  writeFileSync(both, readFileSync(cert) + readFileSync(key));
  return { cert, key, both };
}
