import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import tls from 'node:tls';
import type { Logger } from 'pino';
import type { ApiServer } from '../api/api-server.js';
import type { Clock } from '../net/clock.js';
import { loadApiCertificate } from './api-certificate.js';
import type { EdgeIdentity } from './edge-identity.js';

/** The host that clients without a base URL ask. */
export const STAND_IN_HOST = 'api.cloudflare.com';

export interface StandIn {
  readonly server: ApiServer;
  /** File with our CA, and those that Node trusts: for clients that take one file in place of what they trust. */
  readonly bundleFile: string;
}

export interface StandInOptions {
  readonly identity: EdgeIdentity;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Gives the listener a certificate for Cloudflare's host name, localhost and loopback, of our CA, renewed with that of the edge. */
export async function prepareStandIn(server: ApiServer, options: StandInOptions): Promise<StandIn> {
  const { identity, log } = options;
  const certificate = await loadApiCertificate(
    { names: [STAND_IN_HOST] },
    { ...options, host: server.address.host },
  );
  certificate.follow(server.useCertificate);
  const bundleFile = path.join(path.dirname(identity.caFile), 'ca-bundle.pem');
  const write = async () => {
    const made = `${bundleFile}.${process.pid}`;
    const all = [...tls.rootCertificates, identity.authority().caCertificate.trim()];
    await writeFile(made, `${all.join('\n')}\n`, { mode: 0o644 });
    await rename(made, bundleFile);
  };
  await write();
  identity.onRenewed(() =>
    write().catch((error: Error) => log.error({ err: error }, 'the bundle of CAs was not renewed')),
  );
  return { server, bundleFile };
}
