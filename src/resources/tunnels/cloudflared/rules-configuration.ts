import type { Client, Tx } from '../../../storage/database.js';
import type { PutBody } from './configuration-schema.js';
import { get, liveTunnel } from './rules.js';
import * as store from './store.js';

export interface Configured {
  readonly tunnel: store.Tunnel;
  readonly configuration: Pick<store.Configuration, 'version' | 'config' | 'createdAt'>;
}

/** The newest configuration of the tunnel; before the first one it is version 0 and empty. */
export async function configurationOf(db: Client, accountId: string, id: string): Promise<Configured> {
  const tunnel = await get(db, accountId, 'cfd_tunnel', id);
  const configuration = await store.findConfiguration(db, id);
  return {
    tunnel,
    configuration: configuration ?? { version: 0, config: null, createdAt: tunnel.createdAt },
  };
}

/**
 * Makes the next version, also when nothing differs. The tunnel is managed remotely from then on, or, when the body has
 * "local" as source, locally: connectors keep to their own configuration.
 */
export async function configure(
  tx: Tx,
  accountId: string,
  id: string,
  { config, source }: PutBody,
): Promise<Configured> {
  const before = await liveTunnel(tx.db, accountId, id, ['cfd_tunnel']);
  const version = ((await store.findConfiguration(tx.db, id))?.version ?? 0) + 1;
  const configuration = await store.putConfiguration(tx, {
    tunnelId: id,
    version,
    config: config ?? null,
    createdAt: new Date(),
  });
  const configSrc = source ?? 'cloudflare';
  const tunnel = before.configSrc === configSrc ? before : await store.update(tx, id, { configSrc });
  return { tunnel, configuration };
}
