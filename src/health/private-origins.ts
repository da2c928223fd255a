import type { LiveRoute } from '../live/snapshot.js';
import type { LiveChange } from '../live/snapshot-store.js';
import { parseCidr } from '../net/cidr.js';
import { parseIp } from '../net/ip.js';
import { createPrefixMap, type PrefixMap } from '../net/prefix-map.js';
import { tunnelBefore } from '../net/tunnel-hostname.js';
import type { OffRamps, OriginPlace } from '../offramps/contract.js';

/** The networks of routes that have changed, by virtual network; searched by prefix. */
export type ChangedNetworks = Map<string, PrefixMap<true>>;

/** Adds what `changes` have changed to `changed`. */
export function changedNetworks(changes: readonly LiveChange[], changed: ChangedNetworks): void {
  for (const change of changes) {
    if (change.noun !== 'route') continue;
    const { before, after } = change as LiveChange<'route'>;
    if (before && after && leadsTheSame(before, after)) continue;
    for (const route of [before, after]) {
      const cidr = route && parseCidr(route.network);
      if (!cidr) continue;
      const networks = changed.get(route.virtualNetworkId) ?? createPrefixMap<true>();
      changed.set(route.virtualNetworkId, networks);
      networks.set(cidr, true);
    }
  }
}

/** Whether a route that has changed covers the origin's address, or has covered it. */
export function covers(changed: ChangedNetworks, { ip, virtualNetworkId }: OriginPlace): boolean {
  const networks = changed.get(virtualNetworkId ?? '');
  const parsed = networks && ip !== null ? parseIp(ip) : null;
  return parsed !== null && networks?.lookup(parsed) !== undefined;
}

/** Whether its way may lead through a tunnel. */
export function isBehindTunnel(origin: OriginPlace): boolean {
  return origin.virtualNetworkId !== null || tunnelBefore(origin) !== null;
}

/** Whether the way leads through one of the tunnels, or there is none now that a tunnel has no connection. */
export function dependsOnTunnel(
  origin: OriginPlace,
  tunnelIds: ReadonlySet<string>,
  offramps: OffRamps,
): boolean {
  if (tunnelIds.size === 0) return false;
  const named = tunnelBefore(origin);
  if (named !== null) return tunnelIds.has(named);
  const way = offramps.select(origin);
  return way.kind === 'tunnel'
    ? tunnelIds.has(way.tunnelId)
    : way.kind === 'none' && way.failure === 'no_connection';
}

function leadsTheSame(a: LiveRoute, b: LiveRoute): boolean {
  return a.network === b.network && a.virtualNetworkId === b.virtualNetworkId && a.tunnelId === b.tunnelId;
}
