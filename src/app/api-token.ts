import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { StartConfig } from '../config/start-config.js';
import { StartFailure } from '../config/start-failure.js';
import { isBearerToken } from '../domain/http-fields.js';

const FILE = 'api-token';
const MINIMUM = 32;

/** Told of a token when it is made, and never again. */
export type TokenMade = (token: string, file: string) => void;

/**
 * Whoever serves more than this machine, and was given no --api-token, takes the one that is kept in the data directory (0600), and makes it when
 * there is none. Answers the file, or null where none is needed. Throws StartFailure.
 */
export async function takeApiToken(
  { auth }: Pick<StartConfig, 'auth'>,
  dataDir: string | null,
  onMade: TokenMade,
): Promise<{ readonly auth: StartConfig['auth']; readonly file: string | null }> {
  if (auth.mode === 'any' || auth.digests.length > 0 || dataDir === null) return { auth, file: null };
  const file = path.join(dataDir, FILE);
  const token = keptToken(dataDir) ?? (await make(file));
  if (token.made) onMade(token.value, file);
  return { auth: { mode: 'strict', digests: [createHash('sha256').update(token.value).digest()] }, file };
}

/** The token that a start keeps in this directory; null when there is none. Throws StartFailure when the file holds something else. */
export function keptToken(dataDir: string): { readonly value: string; readonly made: boolean } | null {
  const file = path.join(dataDir, FILE);
  const value = read(file)?.trim();
  if (value === undefined) return null;
  if (value.length >= MINIMUM && isBearerToken(value)) return { value, made: false };
  throw new StartFailure(
    `${file} holds no API token, but ${value.length} characters; write one of ${MINIMUM} to 512 letters, digits and . _ ~ + / = - into it, or remove it, and the next start makes one`,
  );
}

async function make(file: string) {
  const value = randomBytes(32).toString('hex');
  // Whole or not at all: a start that is killed meanwhile leaves no half of a token.
  const unfinished = `${file}.unfinished`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, `${value}\n`, { mode: 0o600, flag: 'wx' });
  await rename(unfinished, file);
  return { value, made: true };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StartFailure(
      `${file}, where the API token is kept, cannot be read: ${(error as Error).message}`,
    );
  }
}
