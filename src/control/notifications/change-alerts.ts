import { isDeepStrictEqual } from 'node:util';
import type { LivePool, LiveTunnel, SnapshotDelta } from '../../state/snapshot.js';
import { type Alert, type TunnelUpdateData, timestampOf } from './alert.js';

type Delta = Omit<SnapshotDelta, 'revision'>;

export interface ChangeAlerts {
  /** What is told of a committed change; `at` in Unix milliseconds. */
  follow(delta: Delta, at: number): Alert[];
  tunnel(id: string): LiveTunnel | undefined;
}

/** Follows the committed changes from `everything` on: pools that are switched on or off, tunnels that come, change or go. */
export function createChangeAlerts(everything: Delta): ChangeAlerts {
  const enabled = new Map<string, boolean>();
  const tunnels = new Map<string, LiveTunnel>();
  follow(everything, 0);

  function follow({ upsert, remove, complete }: Delta, at: number): Alert[] {
    const alerts: Alert[] = [];
    const gone = (noun: 'pool' | 'tunnel', known: ReadonlyMap<string, unknown>): readonly string[] => {
      if (!complete) return remove[noun] ?? [];
      const present = new Set<string>((upsert[noun] ?? []).map(({ id }) => id));
      return [...known.keys()].filter((id) => !present.has(id));
    };
    for (const pool of upsert.pool ?? []) {
      const before = enabled.get(pool.id);
      enabled.set(pool.id, pool.enabled);
      if (before !== undefined && before !== pool.enabled) alerts.push(enablementAlert(pool, at));
    }
    for (const id of gone('pool', enabled)) enabled.delete(id);
    for (const tunnel of upsert.tunnel ?? []) {
      const before = tunnels.get(tunnel.id);
      tunnels.set(tunnel.id, tunnel);
      if (!isDeepStrictEqual(before, tunnel))
        alerts.push(tunnelAlert(tunnel, before ? 'updated' : 'created', at));
    }
    for (const id of gone('tunnel', tunnels)) {
      const tunnel = tunnels.get(id);
      if (tunnel) alerts.push(tunnelAlert(tunnel, 'deleted', at));
      tunnels.delete(id);
    }
    return alerts;
  }

  return { follow, tunnel: (id) => tunnels.get(id) };
}

function enablementAlert({ id, accountId, name, enabled }: LivePool, at: number): Alert {
  return {
    alert_type: 'load_balancing_pool_enablement_alert',
    account_id: accountId,
    timestamp: timestampOf(at),
    text: `Pool ${name} is ${enabled ? 'enabled' : 'disabled'}`,
    data: { pool: { id, name }, enabled },
  };
}

function tunnelAlert(
  { id, accountId, name }: LiveTunnel,
  action: TunnelUpdateData['action'],
  at: number,
): Alert {
  return {
    alert_type: 'tunnel_update_event',
    account_id: accountId,
    timestamp: timestampOf(at),
    text: `Tunnel ${name} is ${action}`,
    data: { tunnel_id: id, tunnel_name: name, action },
  };
}
