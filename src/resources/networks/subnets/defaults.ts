import type { SubnetType } from './schema.js';

interface DefaultSubnet {
  readonly subnetType: SubnetType;
  readonly name: string;
  /** Canonical. */
  readonly network: string;
  readonly isDefault: boolean;
}

/** What every account has from the start; the networks are the documented ones. The migration that adds them to older accounts says the same. */
export const DEFAULT_SUBNETS: readonly DefaultSubnet[] = [
  {
    subnetType: 'cloudflare_source',
    name: 'IPv4 Cloudflare Source IPs',
    network: '100.64.0.0/12',
    isDefault: false,
  },
  {
    subnetType: 'cloudflare_source',
    name: 'IPv6 Cloudflare Source IPs',
    network: '2606:4700:cf1:5000::/64',
    isDefault: false,
  },
  {
    subnetType: 'initial_resolved_ip',
    name: 'IPv4 Initial Resolved IPs',
    network: '172.64.128.0/20',
    isDefault: false,
  },
  {
    subnetType: 'initial_resolved_ip',
    name: 'IPv6 Initial Resolved IPs',
    network: '2606:4700:cf1:4000::/64',
    isDefault: false,
  },
  { subnetType: 'warp', name: 'IPv4 Device IPs', network: '100.96.0.0/12', isDefault: true },
  { subnetType: 'warp', name: 'IPv6 Device IPs', network: '2606:4700:cf1:1000::/64', isDefault: false },
];
