import type { LiveRoute } from '../live/snapshot.js';
import type { LiveChange } from '../live/snapshot-store.js';
import { parseCidr } from '../net/cidr.js';
import { parseIp } from '../net/ip.js';
import { createPrefixMap, type PrefixMap } from '../net/prefix-map.js';
import type { OffRamps } from '../offramps/contract.js';
import type { Target } from './targets.js';

type HasTarget = { readonly target: Target };

/** Those whose address a route that has changed covers or has covered. */
export function coveredByChangedRoutes<W extends HasTarget>(
  watches: Iterable<W>,
  changes: readonly LiveChange[],
): W[] {
  const changed = changedNetworks(changes);
  if (changed.size === 0) return [];
  return [...watches].filter(({ target: { origin } }) => {
    const networks = changed.get(origin.virtualNetworkId ?? '');
    const ip = networks && origin.ip !== null ? parseIp(origin.ip) : null;
    return ip !== null && networks?.lookup(ip) !== undefined;
  });
}

/** By virtual network; searched by prefix, because a first configuration brings all routes and all origins at once. */
function changedNetworks(changes: readonly LiveChange[]): Map<string, PrefixMap<true>> {
  const changed = new Map<string, PrefixMap<true>>();
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
  return changed;
}

function leadsTheSame(a: LiveRoute, b: LiveRoute): boolean {
  return a.network === b.network && a.virtualNetworkId === b.virtualNetworkId && a.tunnelId === b.tunnelId;
}

/** Those that the way through `tunnelId` leads to, or that have lost theirs now that it has no connection. */
export function dependingOnTunnel<W extends HasTarget>(
  watches: Iterable<W>,
  tunnelId: string,
  offramps: OffRamps,
): W[] {
  return [...watches].filter(({ target }) => {
    const way = offramps.select(target.origin);
    return way.kind === 'tunnel'
      ? way.tunnelId === tunnelId
      : way.kind === 'none' && way.failure === 'no_connection';
  });
}
