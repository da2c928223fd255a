import { hkdfSync, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { type Authority, createAuthority, isCaGood, isLeafGood, type Leaf, renew } from './edge/authority.js';
import type { Clock } from './net/clock.js';

export interface EdgeIdentity {
  /** As it is now: its certificates are renewed while this runs. */
  authority(): Authority;
  /** Tells of each leaf that takes the place of the one before. */
  onRenewed(listener: (leaf: Leaf) => void): void;
  /** Where connectors find the CA's certificate. */
  readonly caFile: string;
  /** 32 bytes for the cookies of sessions: as lasting and as secret as the CA's key, from which nobody can tell it. */
  readonly sessionKey: Uint8Array;
  /** Renews nothing any more, and removes what was only made for this run. */
  release(): Promise<void>;
}

const FILES = {
  caCertificate: 'ca.pem',
  caKey: 'ca-key.pem',
  certificate: 'edge.pem',
  key: 'edge-key.pem',
} as const;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The CA and certificate of the edge: kept below the data directory, made at first start, or for this run only. Looks
 * each day whether one of them is about to end, and then renews it.
 */
export async function loadEdgeIdentity(
  dataDir: string | null,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<EdgeIdentity> {
  const directory = dataDir
    ? path.join(dataDir, 'edge')
    : await mkdtemp(path.join(os.tmpdir(), 'offramp-edge-'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stored = await readAll(directory);
  const now = () => new Date(clock.now());
  const caFile = path.join(directory, FILES.caCertificate);
  const listeners: ((leaf: Leaf) => void)[] = [];
  const isDue = (aging: Authority) => !isCaGood(aging, now()) || !isLeafGood(aging, now());
  let authority = stored ?? (await createAuthority(now()));
  if (stored && isDue(stored)) {
    authority = await renew(stored, now());
    tell(stored, authority);
  }
  if (authority !== stored) await writeAll(directory, authority);
  let renewal: Promise<void> | null = null;
  let cancel = clock.after(DAY_MS, look);

  function look(): void {
    cancel = clock.after(DAY_MS, look);
    if (renewal || !isDue(authority)) return;
    renewal = replace()
      .catch((error: Error) => log.error({ err: error }, 'edge: the certificate was not renewed'))
      .finally(() => {
        renewal = null;
      });
  }

  async function replace(): Promise<void> {
    const before = authority;
    authority = await renew(before, now());
    tell(before, authority);
    const { certificate, key } = authority;
    if (certificate !== before.certificate) for (const listener of listeners) listener({ certificate, key });
    await writeAll(directory, authority).catch((error: Error) =>
      log.warn({ err: error, directory }, 'edge: the renewed certificate is in use, and could not be kept'),
    );
  }

  function tell(before: Authority, after: Authority): void {
    if (after.certificate !== before.certificate) log.info('edge: the certificate was renewed');
    if (after.caCertificate === before.caCertificate) return;
    log.warn(
      { caFile, until: new X509Certificate(before.caCertificate).validTo },
      'edge: the certificate of the CA was renewed; connectors on other machines need the new file before the old one ends',
    );
  }

  return {
    authority: () => authority,
    onRenewed: (listener) => void listeners.push(listener),
    caFile,
    sessionKey: sessionKey(authority),
    async release() {
      cancel();
      await renewal;
      if (!dataDir) await rm(directory, { recursive: true, force: true });
    },
  };
}

function sessionKey({ caKey }: Authority): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', caKey, '', 'offramp session cookies', 32));
}

/** Null unless the CA is there; a lost leaf is made anew. */
async function readAll(directory: string): Promise<Authority | null> {
  const read = (name: string) => readFile(path.join(directory, name), 'utf8').catch(() => '');
  const caCertificate = await read(FILES.caCertificate);
  const caKey = await read(FILES.caKey);
  if (!caCertificate || !caKey) return null;
  return { caCertificate, caKey, certificate: await read(FILES.certificate), key: await read(FILES.key) };
}

/** Each file appears whole or not at all. */
async function writeAll(directory: string, authority: Authority): Promise<void> {
  for (const [part, name] of Object.entries(FILES)) {
    const file = path.join(directory, name);
    await writeFile(`${file}.new`, authority[part as keyof typeof FILES], { mode: 0o600 });
    if (name === FILES.caCertificate) await chmod(`${file}.new`, 0o644);
    await rename(`${file}.new`, file);
  }
}
