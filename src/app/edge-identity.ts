import { createPrivateKey, hkdfSync, randomUUID, X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { StartFailure } from '../config/start-failure.js';
import { type Clock, realTime } from '../net/clock.js';
import {
  type Authority,
  type CertificateAuthority,
  createAuthority,
  isCaGood,
  isLeafGood,
  type Leaf,
  renew,
  renewCa,
} from '../tunnel/edge/authority.js';

export interface IdentityOptions {
  /** By which certificates age. */
  readonly clock: Clock;
  readonly log: Logger;
  readonly caOut?: string | null;
  /** The time of those who verify them; another one in tests. */
  readonly real?: Pick<Clock, 'now'>;
}

export interface EdgeIdentity {
  /** As it is now: its certificates are renewed while this runs. */
  authority(): Authority;
  /** Tells of each leaf that takes the place of the one before, and waits for a promise that the listener gives. */
  onRenewed(listener: (leaf: Leaf) => unknown): void;
  /** Where connectors find the CA's certificate. */
  readonly caFile: string;
  /** 32 bytes for the cookies of sessions: as lasting and as secret as the CA's key, from which nobody can tell it. */
  readonly sessionKey: Uint8Array;
  /** Renews nothing any more, and removes what was only made for this run. */
  release(): Promise<void>;
}

/** In the order in which they are written: a CA whose certificate is there has its key as well. */
const FILES = {
  caKey: 'ca-key.pem',
  caCertificate: 'ca.pem',
  certificate: 'edge.pem',
  key: 'edge-key.pem',
} as const;

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The CA and certificate of the edge: kept below the data directory, made at first start, or for this run only. Looks
 * each day whether one of them is about to end, and then renews it. `caOut` is where the CA's certificate is written as well, for everybody to
 * read. Throws StartFailure when the stored CA is damaged, or `caOut` cannot be written.
 */
export async function loadEdgeIdentity(
  dataDir: string | null,
  { clock, log, caOut = null, real = realTime }: IdentityOptions,
): Promise<EdgeIdentity> {
  const directory = dataDir
    ? path.join(dataDir, 'edge')
    : await mkdtemp(path.join(os.tmpdir(), 'offramp-edge-'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const secret = await Promise.all([dataDir ?? directory, directory].map((place) => realpath(place)));
  const stored = await readAll(directory, new Date(clock.now()));
  const now = () => new Date(clock.now());
  const clients = () => new Date(real.now());
  const caFile = path.join(directory, FILES.caCertificate);
  const listeners: ((leaf: Leaf) => unknown)[] = [];
  const isDue = (aging: Authority) => !isCaGood(aging, now()) || !isLeafGood(aging, now());
  let authority = stored ?? (await createAuthority(now(), clients()));
  if (stored && isDue(stored)) {
    authority = await renew(stored, now(), clients());
    tell(stored, authority);
  }
  if (authority !== stored) await writeAll(directory, authority);
  if (caOut !== null) {
    await writePublic(caOut, authority.caCertificate, secret).catch(async (error: Error) => {
      if (!dataDir) await rm(directory, { recursive: true, force: true });
      if (error instanceof StartFailure) throw error;
      throw new StartFailure(
        `--edge-ca-out "${caOut}" cannot be written (${error.message}); it takes a file in a directory that is there`,
      );
    });
  }
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
    clock.during(renewal);
  }

  async function replace(): Promise<void> {
    const before = authority;
    authority = await renew(before, now(), clients());
    tell(before, authority);
    const { certificate, key } = authority;
    if (certificate !== before.certificate)
      await Promise.all(listeners.map((listener) => listener({ certificate, key })));
    await writeAll(directory, authority).catch((error: Error) =>
      log.warn({ err: error, directory }, 'edge: the renewed certificate is in use, and could not be kept'),
    );
    if (caOut === null || authority.caCertificate === before.caCertificate) return;
    await writePublic(caOut, authority.caCertificate, secret).catch((error: Error) =>
      log.error(
        { err: error, caOut },
        "edge: the CA's renewed certificate could not be written for connectors",
      ),
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

/** Null when no CA is there; a lost leaf is made anew. A lost CA is not: no connector would trust another one. */
async function readAll(directory: string, now: Date): Promise<Authority | null> {
  const read = (name: string) =>
    readFile(path.join(directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
  const caCertificate = await read(FILES.caCertificate);
  const caKey = await read(FILES.caKey);
  if (caCertificate === null && caKey === null) return null;
  return {
    ...(await checkedCa(directory, caCertificate, caKey, now)),
    // Without it, all is written anew, and the CA's certificate with it.
    certificate: (caCertificate && (await read(FILES.certificate))) ?? '',
    key: (await read(FILES.key)) ?? '',
  };
}

async function checkedCa(
  directory: string,
  caCertificate: string | null,
  caKey: string | null,
  now: Date,
): Promise<CertificateAuthority> {
  const damaged = (name: string, what: string) =>
    new StartFailure(
      `the CA of the edge is damaged: ${path.join(directory, name)} ${what}. Put ${FILES.caCertificate} and ${FILES.caKey} back from a backup; or remove ${directory} for a new CA, which connectors then have to be given`,
    );
  if (caKey === null) throw damaged(FILES.caKey, 'is missing');
  const key = parsed(() => createPrivateKey(caKey));
  if (!key) throw damaged(FILES.caKey, 'holds no private key in PEM');
  // The first start was interrupted between the two.
  if (caCertificate === null) return { caKey, caCertificate: await renewCa(caKey, now) };
  const certificate = parsed(() => new X509Certificate(caCertificate));
  if (!certificate) throw damaged(FILES.caCertificate, 'holds no certificate in PEM');
  if (!certificate.checkPrivateKey(key))
    throw damaged(FILES.caKey, `is not the key of ${FILES.caCertificate}`);
  return { caCertificate, caKey };
}

function parsed<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

/** Each file appears whole or not at all, for the owner alone. */
async function writeAll(directory: string, authority: Authority): Promise<void> {
  for (const [part, name] of Object.entries(FILES)) {
    const file = path.join(directory, name);
    // What an interrupted start has left, or somebody else has put there, is not written through.
    await rm(`${file}.new`, { force: true });
    await writeFile(`${file}.new`, authority[part as keyof typeof FILES], { mode: 0o600, flag: 'wx' });
    await rename(`${file}.new`, file);
  }
}

/**
 * For everybody to read, in a directory that others may write to: what they put in the way is not followed. It may not be in one of the `secret`
 * directories, without links in their paths. Throws StartFailure for a place that cannot be that of a file.
 */
async function writePublic(file: string, pem: string, secret: readonly string[]): Promise<void> {
  const parent = path.join(await realpath(path.dirname(file)), path.sep);
  if (secret.some((directory) => parent.startsWith(path.join(directory, path.sep))))
    throw new StartFailure(
      `--edge-ca-out "${file}" leads into ${parent}; it takes a file outside of the data directory, into which nobody else may look`,
    );
  // A link is replaced, and what it leads to stays as it is.
  const before = await stat(file).catch(() => null);
  if (before && !before.isFile())
    throw new StartFailure(`--edge-ca-out "${file}" is there, and is no regular file; it takes a file`);
  const made = `${file}.${randomUUID()}`;
  try {
    await writeFile(made, pem, { mode: 0o644, flag: 'wx' });
    // Whatever the umask.
    await chmod(made, 0o644);
    await rename(made, file);
  } catch (error) {
    await rm(made, { force: true });
    throw error;
  }
}
