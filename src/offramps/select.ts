import type { LiveRoute } from '../live/snapshot.js';
import type { LiveChange, SnapshotStore } from '../live/snapshot-store.js';
import { parseCidr } from '../net/cidr.js';
import { prohibition } from '../net/direct-networks.js';
import { hostPort, parseIp } from '../net/ip.js';
import { createPrefixMap, type PrefixMap } from '../net/prefix-map.js';
import { tunnelBefore } from '../net/tunnel-hostname.js';
import { DialError, type NoWay, type OffRamps, type OriginPlace, type Way } from './contract.js';
import { createOffRampTable, dialOn, type OffRampParts } from './table.js';

/**
 * Direct for an origin without a virtual network that may be dialled so, save for the hostname of a tunnel, which leads through
 * the ingress rules of that tunnel; otherwise the tunnel of the longest route in that network which covers its address. Follows the
 * routes of `store`: create it before whoever asks it on a change of the configuration.
 */
export function createOffRamps({ store, ...parts }: OffRampParts & { store: SnapshotStore }): OffRamps {
  const { tunnels, direct } = parts;
  const routeTables = createRouteTables(store);
  const table = createOffRampTable(parts);

  /** What public DNS has under such a name is nobody's origin. */
  function ingress(tunnelId: string, { address, accountId }: OriginPlace): Way {
    if (store.snapshot.tunnels.get(tunnelId)?.accountId !== accountId)
      return noWay('no_ingress', `${address} is the hostname of a tunnel that the account does not have`);
    if (!tunnels.connected(tunnelId))
      return noConnection(tunnelId, `Tunnel ${tunnelId}, behind ${address}, has no connection`);
    return { kind: 'ingress', tunnelId };
  }

  function noConnection(tunnelId: string, detail: string): Way {
    const way = noWay('no_connection', detail);
    return tunnels.awaited?.(tunnelId) ? { ...way, awaitedTunnel: tunnelId } : way;
  }

  const select: OffRamps['select'] = (origin): Way => {
    const { address, ip, virtualNetworkId } = origin;
    if (virtualNetworkId === null) {
      const tunnelId = tunnelBefore(origin);
      if (tunnelId !== null) return ingress(tunnelId, origin);
      // What a name stands for is known when it is dialled.
      if (ip === null || direct.mayDial(ip)) return { kind: 'direct' };
      return noWay('prohibited', prohibition(ip, [ip]));
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
      return noConnection(
        tunnelId,
        `Tunnel ${tunnelId}, the route ${network} to ${address}, has no connection`,
      );
    }
    return { kind: 'tunnel', tunnelId: route.tunnelId, routeId: route.id };
  };

  return {
    select,
    mayDial: direct.mayDial,
    whenBack: (tunnelId, retry) => tunnels.whenBack?.(tunnelId, retry) ?? null,
    dial(origin, port, options) {
      return dialOn(table, select(origin), { host: origin.ip ?? origin.address, port }, options);
    },
    request(origin, headers, options) {
      const way = select(origin);
      if (way.kind === 'ingress') return tunnels.request(way.tunnelId, headers, options);
      if (way.kind === 'none') throw new DialError(way.failure, way.detail);
      throw new DialError('other', `${origin.address} is not behind the ingress rules of a tunnel`);
    },
    connectors(origin, port, host) {
      const way = select(origin);
      if (way.kind === 'ingress') return tunnels.connectors(way.tunnelId, host.toLowerCase());
      return way.kind === 'tunnel' ? tunnels.connectors(way.tunnelId, hostPort(origin.ip!, port)) : [];
    },
  };
}

function noWay(failure: NoWay, detail: string): Extract<Way, { kind: 'none' }> {
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
