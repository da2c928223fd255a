import { Prisma, type Subnet } from '../../../storage/generated/client.js';
import { keptOf, keyIn, shownAs, softDeleted, tableOf } from '../../_kit/soft-deleted.js';
import { type SubnetType, subnet } from './fields.js';
import { addressesIn } from './network.js';

export type { Subnet };

export const subnets = softDeleted<Subnet, 'network' | 'type' | 'default'>({
  noun: 'subnet',
  indexes: {
    network: ({ accountId, network }) => keyIn(accountId, network),
    type: ({ accountId, subnetType }) => keyIn(accountId, subnetType),
    default: ({ accountId, isDefault }) => (isDefault ? accountId : null),
  },
  relations: [tableOf('subnet', Object.values(Prisma.SubnetScalarFieldEnum))],
  load: (db, ids) => db.subnet.findMany({ where: keptOf(ids) }),
});

export const subnetToWire = (row: Subnet) =>
  shownAs(subnet, row, {
    is_default_network: row.isDefault,
    // No device asks for an address here.
    capacity: { total: addressesIn(row.network), used: 0 },
  });

/** `network` is canonical. */
const defaultSubnet = (subnetType: SubnetType, name: string, network: string, isDefault = false) => ({
  subnetType,
  name,
  network,
  isDefault,
});

/** What every account has from the start; the networks are the documented ones. The migration that adds them to older accounts says the same. */
export const DEFAULT_SUBNETS = [
  defaultSubnet('cloudflare_source', 'IPv4 Cloudflare Source IPs', '100.64.0.0/12'),
  defaultSubnet('cloudflare_source', 'IPv6 Cloudflare Source IPs', '2606:4700:cf1:5000::/64'),
  defaultSubnet('initial_resolved_ip', 'IPv4 Initial Resolved IPs', '172.64.128.0/20'),
  defaultSubnet('initial_resolved_ip', 'IPv6 Initial Resolved IPs', '2606:4700:cf1:4000::/64'),
  defaultSubnet('warp', 'IPv4 Device IPs', '100.96.0.0/12', true),
  defaultSubnet('warp', 'IPv6 Device IPs', '2606:4700:cf1:1000::/64'),
];
