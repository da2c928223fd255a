import type { Tx } from '../../../storage/database.js';
import type { VirtualNetwork } from '../../../storage/generated/client.js';

export async function insert(tx: Tx, network: VirtualNetwork): Promise<void> {
  await tx.db.virtualNetwork.create({ data: network });
  tx.changed('virtual_network', network.id);
}
