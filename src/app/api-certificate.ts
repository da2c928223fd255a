import os from 'node:os';
import type { Logger } from 'pino';
import type { ApiTls } from '../config/api-tls.js';
import { parseIp } from '../net/addresses.js';
import { type Clock, realTime } from '../net/clock.js';
import { followCertificateFiles } from '../proxy/listeners/certificates.js';
import { issueLeaf, type Leaf, type LeafNames } from '../tunnel/edge/authority.js';
import type { EdgeIdentity } from './edge-identity.js';

export interface ApiCertificate {
  /** Tells the certificate at once, and each one that takes its place. */
  follow(use: (pair: Leaf) => void): void;
  stop(): void;
}

export interface ApiCertificateOptions {
  /** Of the API's address, as the flags have it. */
  readonly host: string;
  readonly identity: EdgeIdentity;
  /** By which certificates age. */
  readonly clock: Clock;
  readonly log: Logger;
}

/** The certificate of the API's TLS: of the files, or signed by our own CA and renewed together with that of the edge. */
export async function loadApiCertificate(
  tls: ApiTls,
  options: ApiCertificateOptions,
): Promise<ApiCertificate> {
  if ('certFile' in tls) {
    const files = followCertificateFiles({ ...tls, log: options.log });
    return {
      follow(use) {
        use(files.initial);
        files.onReplaced(use);
      },
      stop: files.stop,
    };
  }
  const { identity, clock, log } = options;
  const names = namesOf(options.host, tls.names);
  const issue = () => issueLeaf(identity.authority(), new Date(clock.now()), names, new Date(realTime.now()));
  const users: ((pair: Leaf) => void)[] = [];
  let current = await issue();
  // The edge's is never younger than this one, so it is renewed before this one ends.
  identity.onRenewed(() =>
    issue().then(
      (leaf) => {
        current = leaf;
        for (const use of users) use(leaf);
      },
      (error: Error) => log.error({ err: error }, "the API's certificate was not renewed"),
    ),
  );
  return {
    follow(use) {
      use(current);
      users.push(use);
    },
    stop: () => void users.splice(0),
  };
}

/** What this machine is called, where it is reached, and what was named besides. */
function namesOf(host: string, named: readonly string[]): LeafNames {
  const isEverywhere = ['0.0.0.0', '::'].includes(host);
  const addresses = Object.values(os.networkInterfaces()).flatMap((entries) =>
    (entries ?? []).filter(({ address }) => !address.startsWith('fe80:')).map(({ address }) => address),
  );
  const all = [
    'localhost',
    '127.0.0.1',
    '::1',
    ...(isEverywhere ? addresses : [host]),
    os.hostname().toLowerCase(),
    ...named,
  ];
  const unique = [...new Set(all)].filter((name) => name !== '');
  return { dns: unique.filter((name) => !parseIp(name)), ip: unique.filter((name) => parseIp(name)) };
}
