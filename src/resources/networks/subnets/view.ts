import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import { addressesIn } from './network.js';
import type { SubnetType, WireSubnet } from './schema.js';
import type { Subnet } from './store.js';

export function subnetView(subnet: Subnet): WireSubnet {
  return {
    id: subnet.id,
    name: subnet.name,
    network: subnet.network,
    comment: subnet.comment,
    is_default_network: subnet.isDefault,
    subnet_type: subnet.subnetType as SubnetType,
    // No device asks for an address here.
    capacity: { total: addressesIn(subnet.network), used: 0 },
    created_at: timestamp(subnet.createdAt),
    deleted_at: timestampOrNull(subnet.deletedAt),
  };
}
