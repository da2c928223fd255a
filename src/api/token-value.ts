import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { TokenOwner } from './access.js';

const PREFIXES = { user: 'cfut_', account: 'cfat_' } as const;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const MADE = /^(?:cfut_|cfat_)([A-Za-z0-9]{40})([0-9a-f]{8})$/;

/**
 * A value in the form that scanners for leaked credentials know: the prefix of the kind, 40 characters and a checksum,
 * as Cloudflare's "Token formats" has it since 2026. How the checksum is made is not published; it has eight characters.
 */
export function newTokenValue(scope: TokenOwner['scope']): string {
  const secret = Array.from({ length: 40 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  return `${PREFIXES[scope]}${secret}${checksum(secret)}`;
}

/**
 * Whether an Offramp has made the value, by its form alone: one that is in no directory is then of a token that was revoked, or of
 * another Offramp. Another's with this form has this checksum by chance once in four thousand million.
 */
export function isMadeValue(value: string): boolean {
  const [, secret, end] = MADE.exec(value) ?? [];
  return secret !== undefined && end === checksum(secret);
}

const checksum = (secret: string): string => crc32(secret).toString(16).padStart(8, '0');
