import { AWAIT_MS } from '../../bridge/data-plane-thread.js';
import type { Clock } from '../../net/clock.js';
import type { LiveTunnel } from '../../state/snapshot.js';
import { type Alert, timestampOf } from './alert.js';

/** A connector opens its connections one after the other, and a replacement takes a moment: what stands after that is told. */
const SETTLE_MS = 2_000;

export interface TunnelHealthOptions {
  readonly clock: Clock;
  /** Tunnels that were connected before the start: nothing is told of them until they have had their time to come back. */
  readonly awaited: readonly string[];
  /** Undefined when the tunnel is gone. */
  readonly tunnel: (id: string) => LiveTunnel | undefined;
  /** By its connections now. */
  readonly statusOf: (id: string) => string;
  readonly emit: (alert: Alert) => void;
}

/** Tells how a tunnel is, when that has changed and has settled. */
export function createTunnelHealth({ clock, awaited, tunnel, statusOf, emit }: TunnelHealthOptions) {
  /** By tunnel id: what was told last. */
  const told = new Map(awaited.map((id) => [id, 'healthy']));
  const unsettled = new Set<string>();
  const returning = new Set(awaited);

  function settle(): void {
    for (const id of unsettled) {
      const known = tunnel(id);
      if (!known) told.delete(id);
      else tell(known, statusOf(id));
    }
    unsettled.clear();
  }

  function tell({ id, accountId, name }: LiveTunnel, status: string): void {
    if (told.get(id) === status) return;
    told.set(id, status);
    emit({
      alert_type: 'tunnel_health_event',
      account_id: accountId,
      timestamp: timestampOf(clock.now()),
      text: `Tunnel ${name} is ${status}`,
      data: { tunnel_id: id, tunnel_name: name, new_status: status },
    });
  }

  /** A connection of the tunnel has come or gone. */
  function connectionChanged(tunnelId: string): void {
    if (returning.has(tunnelId)) return;
    if (unsettled.size === 0) clock.after(SETTLE_MS, settle);
    unsettled.add(tunnelId);
  }

  return {
    connectionChanged,
    /** Connectors can register from now on. */
    started(): void {
      clock.after(AWAIT_MS, () => {
        returning.clear();
        for (const id of awaited) connectionChanged(id);
      });
    },
  };
}
