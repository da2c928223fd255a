import { isDeepStrictEqual } from 'node:util';
import type { Client, Database } from '../../../storage/database.js';
import * as schema from './configuration-schema.js';
import * as store from './store.js';

/**
 * Keeps what a connector of a locally managed tunnel tells of its configuration (JSON text of an object); of several connectors,
 * what was told last. The version stays: a PUT goes on from it. Throws when it cannot be kept.
 */
export async function recordLocalConfiguration(db: Database, tunnelId: string, json: string): Promise<void> {
  const config = read(json);
  // Connectors tell the same each time that they register: most need no transaction.
  if (!(await differs(db.read, tunnelId, config))) return;
  // With it no PUT can be overwritten that has just made the tunnel a remotely managed one.
  await db.transact(async (tx) => {
    const before = await differs(tx.db, tunnelId, config);
    if (!before) return;
    const { version } = before;
    await store.putLocalConfiguration(tx.db, tunnelId, { version, config, createdAt: new Date() });
  });
}

function read(json: string): object {
  const { data, error } = schema.told.safeParse(JSON.parse(json));
  if (data) return data;
  const [issue] = error!.issues;
  throw new Error(`${['config', ...issue!.path].join('.')} ${issue!.message}`);
}

/** The present version, when the tunnel is a live one that is managed locally and has another configuration; otherwise null. */
async function differs(db: Client, id: string, config: object): Promise<{ version: number } | null> {
  const tunnel = await store.findConfigured(db, id);
  if (!tunnel || tunnel.deletedAt || tunnel.configSrc !== 'local') return null;
  if (isDeepStrictEqual(tunnel.configuration?.config, config)) return null;
  return { version: tunnel.configuration?.version ?? 0 };
}
