import { parseCidr } from '../../../net/cidr.js';

/** The canonical text of a network to store, or what is wrong with it. A bare address is its /32 or /128. */
export function readNetwork(text: string): { network: string } | { complaint: string } {
  const cidr = parseCidr(text);
  if (!cidr) return { complaint: invalidAddress(text) };
  if (cidr.hadHostBits)
    return { complaint: `"${text}" has bits set right of its prefix; did you mean ${cidr.text}?` };
  return { network: cidr.text };
}

/** The canonical text of a network to search with, which may name any address in it; null when it is none. */
export const readFilter = (text: string): string | null => parseCidr(text)?.text ?? null;

export function invalidAddress(text: string): string {
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  return `has an invalid address "${shown}"; it must be an IP address or CIDR such as 10.0.0.0/8 or 2001:db8::/32`;
}
