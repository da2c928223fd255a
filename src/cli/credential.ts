import os from 'node:os';
import path from 'node:path';
import { keptToken } from '../app/api-token.js';
import { ANY_CREDENTIAL } from '../config/any-credential.js';
import { isLoopback } from '../config/start-config.js';

/**
 * With the credential to ask with in the place of the flag: what was given, else the one that a start on this machine keeps in its data directory,
 * else any; and with why it is not that one.
 */
export function withCredential<T extends ApiFlags>(flags: T) {
  const { 'api-token': given, 'data-dir': dataDir, 'api-url': url } = flags;
  const own = given === null ? ownToken(dataDir, hostOf(url)) : { value: given, without: null };
  return { ...flags, 'api-token': own.value ?? ANY_CREDENTIAL, withoutToken: own.without };
}

interface ApiFlags {
  readonly 'api-url': string;
  readonly 'api-token': string | null;
  readonly 'data-dir': string;
}

/** What is no URL is told by whoever asks it. */
const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '');

interface OwnToken {
  readonly value: string | null;
  /** Why there is none; for an Offramp that refuses every other credential. */
  readonly without: string | null;
}

/** It is for this machine: an address that stands for all of them is one of its own. */
function ownToken(dataDir: string, apiHost: string): OwnToken {
  if (!isLoopback(apiHost) && !['0.0.0.0', '::'].includes(apiHost))
    return { value: null, without: 'the one that is kept on this machine is sent to loopback alone' };
  const directory = path.resolve(dataDir.replace(/^~(?=$|\/)/, os.homedir()));
  try {
    const value = keptToken(directory)?.value ?? null;
    const without =
      value === null ? `none is kept in ${directory}; --data-dir names that of the start` : null;
    return { value, without };
  } catch (error) {
    return { value: null, without: (error as Error).message };
  }
}
