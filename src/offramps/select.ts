import type { LiveRoute } from '../live/snapshot.js';
import type { LiveChange, SnapshotStore } from '../live/snapshot-store.js';
import { parseCidr } from '../net/cidr.js';
import { parseIp } from '../net/ip.js';
import { createPrefixMap, type PrefixMap } from '../net/prefix-map.js';
import { isTunnelHostname } from '../net/tunnel-hostname.js';
import type { NoWay, OffRamps, Way } from './contract.js';
import { createOffRampTable, dialOn, type OffRampParts } from './table.js';

/**
 * Direct for an origin without a virtual network, save for a published hostname of a tunnel; otherwise the tunnel of the longest route in that network which covers
 * its address. Follows the routes of `store`: create it before whoever asks it on a change of the configuration.
 */
export function createOffRamps({ store, ...parts }: OffRampParts & { store: SnapshotStore }): OffRamps {
  const { tunnels } = parts;
  const routeTables = createRouteTables(store);
  const table = createOffRampTable(parts);

  const select: OffRamps['select'] = ({ address, ip, virtualNetworkId }): Way => {
    if (virtualNetworkId === null) {
      // What public DNS has under such a name is nobody's origin.
      return ip === null && isTunnelHostname(address)
        ? noWay(
            'no_ingress',
            `${address} is a published hostname of a tunnel; only IP addresses behind one are reached`,
          )
        : { kind: 'direct' };
    }
    const parsed = ip === null ? null : parseIp(ip);
    if (!parsed) {
      return noWay('no_route', `"${address}" is a private host name; only IP addresses can be balanced`);
    }
    const route = routeTables.get(virtualNetworkId)?.lookup(parsed);
    if (!route) {
      return noWay('no_route', `No route in virtual network ${virtualNetworkId} covers ${address}`);
    }
    if (!tunnels.connected(route.tunnelId)) {
      const { tunnelId, network } = route;
      return noWay(
        'no_connection',
        `Tunnel ${tunnelId}, the route ${network} to ${address}, has no connection`,
      );
    }
    return { kind: 'tunnel', tunnelId: route.tunnelId, routeId: route.id };
  };

  return {
    select,
    dial(origin, port, options) {
      return dialOn(table, select(origin), { host: origin.ip ?? origin.address, port }, options);
    },
  };
}

function noWay(failure: NoWay, detail: string): Way {
  return { kind: 'none', failure, detail };
}

/** The live routes of each virtual network, kept up with the store. */
function createRouteTables(store: SnapshotStore): ReadonlyMap<string, PrefixMap<LiveRoute>> {
  const tables = new Map<string, PrefixMap<LiveRoute>>();

  function add(route: LiveRoute): void {
    const table = tables.get(route.virtualNetworkId) ?? createPrefixMap<LiveRoute>();
    tables.set(route.virtualNetworkId, table);
    const cidr = parseCidr(route.network);
    if (cidr) table.set(cidr, route);
  }

  function remove(route: LiveRoute): void {
    const table = tables.get(route.virtualNetworkId);
    const cidr = parseCidr(route.network);
    if (table && cidr) table.delete(cidr);
    if (table?.size === 0) tables.delete(route.virtualNetworkId);
  }

  for (const route of store.snapshot.routes.values()) add(route);
  store.onChange((changes) => {
    const routes = changes.filter((change): change is LiveChange<'route'> => change.noun === 'route');
    // All removals first: two routes may swap their networks in one change.
    for (const { before } of routes) if (before) remove(before);
    for (const { after } of routes) if (after) add(after);
  });
  return tables;
}
