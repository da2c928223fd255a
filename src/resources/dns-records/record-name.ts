import { domainToASCII } from 'node:url';
import { canonicalHost } from '../../net/host.js';
import { isHostnameIn } from '../hostname.js';

/**
 * The complete, lower-case name of a record that was named `text` in the zone: `@` is the zone, and what does not end in the
 * zone's name is taken to stand below it, whatever it looks like. Null when no record can have it.
 */
export function recordName(zone: string, text: string): string | null {
  const given = canonicalHost(inAscii(text));
  if (given === '@') return zone;
  const name = given === zone || given.endsWith(`.${zone}`) ? given : `${given}.${zone}`;
  return isHostnameIn(zone, name) ? name : null;
}

/** Names in other scripts are stored as DNS has them. */
function inAscii(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  const wildcard = text.startsWith('*.') ? '*.' : '';
  return wildcard + domainToASCII(text.slice(wildcard.length));
}
