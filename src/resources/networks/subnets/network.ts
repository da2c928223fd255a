import { type Cidr, cidrContains, parseCidr } from '../../../net/addresses.js';
import type { AddressFamily, SubnetType } from './fields.js';

const PRIVATE_V4 = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'];
/** Unique local addresses, and the range that Cloudflare's own subnets lie in. */
const PRIVATE_V6 = ['fc00::/7', '2606:4700:cf1::/48'];
/** Where the initial resolved addresses are unless somebody moves them; not private, yet not in anyone's way. */
const INITIAL_RESOLVED = '172.64.128.0/20';
/** A subnet for devices is at least this large. */
const LONGEST_WARP_PREFIX = 24;

export const familyOf = (network: string): AddressFamily => (network.includes(':') ? 'v6' : 'v4');

/** What is wrong with a network (canonical) for a subnet of this type and family, or null. */
export function networkComplaint(type: SubnetType, family: AddressFamily, network: string): string | null {
  if (familyOf(network) !== family) return `"${network}" must be an IP${family} network`;
  const ranges = family === 'v6' ? PRIVATE_V6 : PRIVATE_V4;
  const allowed = type === 'initial_resolved_ip' && family === 'v4' ? [...ranges, INITIAL_RESOLVED] : ranges;
  const cidr = parse(network);
  if (!allowed.some((range) => cidrContains(parse(range), cidr)))
    return `"${network}" must be inside one of ${allowed.join(', ')}`;
  if (type === 'warp' && cidr.prefix > LONGEST_WARP_PREFIX)
    return `"${network}" must have a prefix of at most /${LONGEST_WARP_PREFIX}`;
  return null;
}

/** How many addresses can be given out: without the first and the last, and no more than an integer can tell exactly. */
export function addressesIn(network: string): number {
  const { family, prefix } = parse(network);
  const bits = (family === 4 ? 32 : 128) - prefix;
  return bits < 2 ? bits + 1 : Math.min(2 ** bits - 2, Number.MAX_SAFE_INTEGER);
}

const parse = (network: string): Cidr => parseCidr(network)!;
