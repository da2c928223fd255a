import type { Tx } from '../../../storage/database.js';
import type { Subnet } from '../../../storage/generated/client.js';

export async function insert(tx: Tx, subnets: readonly Subnet[]): Promise<void> {
  await tx.db.subnet.createMany({ data: [...subnets] });
  for (const { id } of subnets) tx.changed('subnet', id);
}
