import { canonicalHostName, parseOriginAddress } from './origin-address.js';

/** Whether an origin at `address` may be asked for `host`: a name in a zone of the account, or the address itself. */
export function hostAllowed(host: string, address: string, zoneNames: readonly string[]): boolean {
  const wanted = parseOriginAddress(host)?.canonical;
  if (wanted === undefined) return false;
  if (wanted === parseOriginAddress(address)?.canonical) return true;
  const name = canonicalHostName(host);
  return name !== null && zoneNames.some((zone) => name === zone || name.endsWith(`.${zone}`));
}
