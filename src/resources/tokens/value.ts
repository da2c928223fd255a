import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TokenOwner } from '../../wire/access.js';

const PREFIXES = { user: 'cfut_', account: 'cfat_' } as const;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A value in the form that scanners for leaked credentials know: the prefix of the kind, 40 characters and a checksum,
 * as Cloudflare's "Token formats" has it since 2026. How the checksum is made is not published; it has eight characters.
 */
export function newTokenValue(scope: TokenOwner['scope']): string {
  const secret = Array.from({ length: 40 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${PREFIXES[scope]}${secret}${crc32(secret).toString(16).padStart(8, '0')}`;
}
