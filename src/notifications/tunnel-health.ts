import type { LiveTunnel } from '../live/snapshot.js';
import type { Clock } from '../net/clock.js';
import { type Alert, timestampOf } from './alert.js';

/** A connector opens its connections one after the other, and a replacement takes a moment: what stands after that is told. */
const SETTLE_MS = 2_000;

export interface TunnelHealthOptions {
  readonly clock: Clock;
  /** Undefined when the tunnel is gone. */
  readonly tunnel: (id: string) => LiveTunnel | undefined;
  /** By its connections now. */
  readonly statusOf: (id: string) => string;
  readonly emit: (alert: Alert) => void;
}

/** Tells how a tunnel is, when that has changed and has settled. */
export function createTunnelHealth({ clock, tunnel, statusOf, emit }: TunnelHealthOptions) {
  /** By tunnel id: what was told last. */
  const told = new Map<string, string>();
  const unsettled = new Set<string>();

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

  return {
    /** A connection of the tunnel has come or gone. */
    connectionChanged(tunnelId: string): void {
      if (unsettled.size === 0) clock.after(SETTLE_MS, settle);
      unsettled.add(tunnelId);
    },
  };
}
