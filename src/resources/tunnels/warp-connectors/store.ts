import type { Client, Tx } from '../../../storage/database.js';
import type { WarpConfiguration } from '../../../storage/generated/client.js';
import { jsonOrNull } from '../../../storage/json.js';

export type { WarpConfiguration };

/** Every WARP connector tunnel has one from the start. */
export function findConfiguration(db: Client, tunnelId: string): Promise<WarpConfiguration> {
  return db.warpConfiguration.findUniqueOrThrow({ where: { tunnelId } });
}

export async function insertConfiguration(tx: Tx, configuration: WarpConfiguration): Promise<void> {
  const { config, ...rest } = configuration;
  await tx.db.warpConfiguration.create({ data: { ...rest, config: jsonOrNull(config) } });
  tx.changed('tunnel', configuration.tunnelId);
}

export async function updateConfiguration(tx: Tx, configuration: WarpConfiguration): Promise<void> {
  const { tunnelId, config, ...rest } = configuration;
  await tx.db.warpConfiguration.update({
    where: { tunnelId },
    data: { ...rest, config: jsonOrNull(config) },
  });
  tx.changed('tunnel', tunnelId);
}
