import { chmod, readFile, writeFile } from 'node:fs/promises';
import { UsageError } from '../config/parse.js';

export interface OriginCredential {
  readonly accountId: string;
  readonly zoneId: string;
  readonly apiToken: string;
}

/** The file that cloudflared calls an origin certificate: one PEM block with what it needs to use the API. */
export function originCertificate({ accountId, zoneId, apiToken }: OriginCredential): string {
  const content = JSON.stringify({ zoneID: zoneId, accountID: accountId, apiToken });
  const lines = Buffer.from(content)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return ['-----BEGIN ARGO TUNNEL TOKEN-----', ...lines, '-----END ARGO TUNNEL TOKEN-----', ''].join('\n');
}

/**
 * Writes it for the owner's eyes only, or makes it so when it is there already. A file that says something else stays:
 * it may be the way to somebody's real account.
 */
export async function writeOriginCertificate(file: string, credential: OriginCredential): Promise<void> {
  const content = originCertificate(credential);
  try {
    await writeFile(file, content, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw new UsageError(`${file} cannot be written: ${message}`);
    const present = await readFile(file, 'utf8').catch(() => null);
    if (present !== content)
      throw new UsageError(`${file} is there and is for something else; remove it, or name another file`);
    await chmod(file, 0o600);
  }
}
