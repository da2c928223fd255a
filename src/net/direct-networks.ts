import { type Cidr, cidrContainsIp, parseCidr } from './cidr.js';
import { isGloballyRoutable, parseIp } from './ip.js';

/** Whether an address, a literal, may be dialled without a virtual network. */
export type MayDial = (ip: string) => boolean;

/** Addresses that are not globally routable, and yet used without a virtual network. */
export interface DirectNetworks {
  /** By --direct-network: such an address is as good as a public one. */
  readonly named: readonly Cidr[];
  /** All that may be dialled. */
  readonly dialled: readonly Cidr[];
}

/** What a process that only its own machine can configure may dial besides what is globally routable. */
export const LOOPBACK: readonly Cidr[] = [parseCidr('127.0.0.0/8')!, parseCidr('::1/128')!];

/**
 * Globally routable addresses, and those in `networks`. Whoever may write pools would otherwise reach whatever this machine
 * does: its own services, the metadata service of a cloud, the network of its administrators.
 */
export function createMayDial(networks: readonly Cidr[]): MayDial {
  return (text) => {
    const ip = parseIp(text);
    return ip !== null && (isGloballyRoutable(ip) || networks.some((network) => cidrContainsIp(network, ip)));
  };
}

/** That `name` leads to nothing but `addresses`, which must not be dialled without a virtual network, and what to do. */
export function prohibition(name: string, addresses: readonly string[]): string {
  const what = addresses.includes(name)
    ? `${name} is not globally routable`
    : `${name} resolves to ${addresses.slice(0, 4).join(', ')}, which is not globally routable`;
  return `${what}: give its IP address a virtual network, or start with --direct-network and a network that covers it`;
}
