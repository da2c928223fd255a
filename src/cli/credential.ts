import os from 'node:os';
import path from 'node:path';
import { keptToken } from '../app/api-token.js';
import { ANY_CREDENTIAL } from '../config/any-credential.js';
import { isLoopback } from '../config/start-config.js';

/** The credential to ask with: what was given, else the one that a start on this machine keeps in its data directory, else any. */
export function credentialOf(given: string | null | undefined, dataDir: string, apiHost: string): string {
  const own = isLoopback(apiHost) ? kept(path.resolve(dataDir.replace(/^~(?=$|\/)/, os.homedir()))) : null;
  return given ?? own ?? ANY_CREDENTIAL;
}

/** With it in the place of the flag. */
export const withCredential = <T extends ApiFlags>(flags: T) => ({
  ...flags,
  'api-token': credentialOf(flags['api-token'], flags['data-dir'], hostOf(flags['api-url'])),
});

interface ApiFlags {
  readonly 'api-url': string;
  readonly 'api-token': string | null;
  readonly 'data-dir': string;
}

/** What is no URL is told by whoever asks it. */
const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '');

/** Where it cannot be read, as another user's, the answer says what is missing. */
function kept(dataDir: string): string | null {
  try {
    return keptToken(dataDir)?.value ?? null;
  } catch {
    return null;
  }
}
