import type { ConnectionEvent } from '../../../live/data-plane-worker.js';
import type { Client } from '../../../storage/database.js';
import * as store from './store.js';

/**
 * Keeps `conns_active_at` (since when the tunnel has had connections without a break) and `conns_inactive_at` (when the
 * last one went; null while active). This is no configuration, so it numbers no revision. The events of one tunnel must
 * be recorded one after the other, in their order.
 */
export async function recordConnection(db: Client, event: ConnectionEvent): Promise<void> {
  const id = event.connection.tunnelId;
  if (event.type === 'connection_opened') {
    // The second and later ones change nothing, and come by the thousand.
    if (event.remaining === 1) await store.markActive(db, id, new Date(event.connection.openedAt));
  } else if (event.remaining === 0) {
    await store.markInactive(db, id, new Date(event.at));
  }
}

/**
 * For the start: no connection outlives the process, so what was active when it ended is inactive now. Returns the ids of these
 * tunnels, whose connectors are on their way back.
 */
export async function resetConnections(db: Client): Promise<string[]> {
  const active = await store.activeTunnels(db);
  await store.markAllInactive(db, new Date());
  return active;
}
