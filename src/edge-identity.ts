import { hkdfSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Authority, createAuthority, isLeafGood, issueLeaf } from './edge/authority.js';

export interface EdgeIdentity extends Authority {
  /** Where connectors find the CA's certificate. */
  readonly caFile: string;
  /** 32 bytes for the cookies of sessions: as lasting and as secret as the CA's key, from which nobody can tell it. */
  readonly sessionKey: Uint8Array;
  /** Removes what was only made for this run. */
  release(): Promise<void>;
}

const FILES = {
  caCertificate: 'ca.pem',
  caKey: 'ca-key.pem',
  certificate: 'edge.pem',
  key: 'edge-key.pem',
} as const;

/** The CA and certificate of the edge: kept below the data directory, made at first start, or for this run only. */
export async function loadEdgeIdentity(dataDir: string | null): Promise<EdgeIdentity> {
  const directory = dataDir
    ? path.join(dataDir, 'edge')
    : await mkdtemp(path.join(os.tmpdir(), 'offramp-edge-'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stored = await readAll(directory);
  const authority = stored ? await renewed(stored) : await createAuthority();
  if (authority !== stored) await writeAll(directory, authority);
  return {
    ...authority,
    caFile: path.join(directory, FILES.caCertificate),
    sessionKey: sessionKey(authority),
    release: () => (dataDir ? Promise.resolve() : rm(directory, { recursive: true, force: true })),
  };
}

function sessionKey({ caKey }: Authority): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', caKey, '', 'offramp session cookies', 32));
}

async function renewed(authority: Authority): Promise<Authority> {
  return isLeafGood(authority) ? authority : { ...authority, ...(await issueLeaf(authority)) };
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
