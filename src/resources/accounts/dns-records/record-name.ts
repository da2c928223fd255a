import { canonicalHost } from '../../../net/host.js';
import { inAscii, isHostnameIn } from '../../hostname.js';

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
