import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { CONNECTOR_FLAGS } from '../config/flags.js';

/** Where `offramp start` writes it, with the default data directory. */
export const DEFAULT_EDGE_CA = CONNECTOR_FLAGS.cacert.fallback;

/** The PEM of the authority that connectors trust. Throws what is wrong with the file, and where to find the right one. */
export function readEdgeCa(file: string): string {
  const resolved = file.replace(/^~(?=\/)/, os.homedir());
  const pem = read(resolved);
  if (!pem.includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`the CA of the edge is not in ${resolved}: that file has no certificate in PEM`);
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new Error(
      `the certificate in ${resolved} is damaged; copy the whole edge_ca of Offramp's ready line`,
    );
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(
      `the CA of the edge cannot be read (${(error as Error).message}); it is the edge_ca of Offramp's ready line`,
    );
  }
}
