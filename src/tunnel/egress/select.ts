import { Duplex } from 'node:stream';
import {
  createPrefixMap,
  hostPort,
  type PrefixMap,
  parseCidr,
  parseIp,
  prohibition,
} from '../../net/addresses.js';
import { tunnelBefore } from '../../net/hostnames.js';
import type { HealthView } from '../../state/health-board.js';
import type { LivePool, LiveRoute } from '../../state/snapshot.js';
import type { LiveChange, SnapshotStore } from '../../state/snapshot-store.js';
import {
  type Destination,
  DialError,
  type DialOptions,
  type NoWay,
  type OffRamps,
  type OriginPlace,
  type OriginSocket,
  type TunnelDialer,
  type Way,
} from './contract.js';
import type { DirectDialer } from './direct.js';

/** What off-ramps are made of. */
interface OffRampParts {
  readonly tunnels: TunnelDialer;
  readonly direct: DirectDialer;
}

/**
 * Direct for an origin without a virtual network that may be dialled so, save for the hostname of a tunnel, which leads through
 * the ingress rules of that tunnel; otherwise the tunnel of the longest route in that network which covers its address. Follows the
 * routes of `store`.
 */
export function createOffRamps({ store, ...parts }: OffRampParts & { store: SnapshotStore }): OffRamps {
  const { tunnels, direct } = parts;
  const routes = createRoutes(store);
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
    if (ip === null) {
      return noWay('no_route', `"${address}" is a private host name; only IP addresses can be balanced`);
    }
    const found = routes.to(origin, ip, virtualNetworkId);
    if (!found) {
      return noWay('no_route', `No route in virtual network ${virtualNetworkId} covers ${address}`);
    }
    const { way, route } = found;
    if (!tunnels.connected(route.tunnelId)) {
      const { tunnelId, network } = route;
      return noConnection(
        tunnelId,
        `Tunnel ${tunnelId}, the route ${network} to ${address}, has no connection`,
      );
    }
    return way;
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

/** The tunnels that are on their way back after a start. */
interface Awaiting {
  readonly size: number;
  /** Grows whenever one of them is back, or given up. */
  readonly released: number;
}

/**
 * The health by which traffic is steered: what is on the board, but an origin whose tunnel is on its way back counts as unknown. What
 * can be reached at once is taken then, and only who has nothing else waits for the tunnel.
 */
export function reachableFirst(
  board: HealthView,
  pools: { get(id: string): LivePool | undefined },
  offramps: Pick<OffRamps, 'select'>,
  awaiting: Awaiting,
): HealthView {
  function isAwaited(poolId: string, originKey: string): boolean {
    const origin = pools.get(poolId)?.origins.find(({ key }) => key === originKey);
    const way = origin && offramps.select(origin);
    return way?.kind === 'none' && way.awaitedTunnel !== undefined;
  }
  return {
    get version() {
      return board.version + awaiting.released;
    },
    versionOf: (poolId) => board.versionOf(poolId) + awaiting.released,
    origin(poolId, originKey) {
      const health = board.origin(poolId, originKey);
      if (!health || awaiting.size === 0 || !isAwaited(poolId, originKey)) return health;
      return { ...health, state: 'unknown', regions: null };
    },
  };
}

function noWay(failure: NoWay, detail: string): Extract<Way, { kind: 'none' }> {
  return { kind: 'none', failure, detail };
}

/** A route with the way that it is. */
interface RoutedWay {
  readonly route: LiveRoute;
  readonly way: Extract<Way, { kind: 'tunnel' }>;
}

/** The live routes of each virtual network, kept up with the store. */
interface Routes {
  /** The longest one that covers `ip`, the address of `origin`; null when none does. */
  to(origin: OriginPlace, ip: string, virtualNetworkId: string): RoutedWay | null;
}

function createRoutes(store: SnapshotStore): Routes {
  const tables = new Map<string, PrefixMap<RoutedWay>>();
  /** What was looked up since the routes have changed: each request asks. */
  let known = new WeakMap<OriginPlace, RoutedWay | null>();

  function add(route: LiveRoute): void {
    const table = tables.get(route.virtualNetworkId) ?? createPrefixMap<RoutedWay>();
    tables.set(route.virtualNetworkId, table);
    const cidr = parseCidr(route.network);
    const way = { kind: 'tunnel', tunnelId: route.tunnelId, routeId: route.id } as const;
    if (cidr) table.set(cidr, { route, way });
  }

  function remove(route: LiveRoute): void {
    const table = tables.get(route.virtualNetworkId);
    const cidr = parseCidr(route.network);
    if (table && cidr) table.delete(cidr);
    if (table?.size === 0) tables.delete(route.virtualNetworkId);
  }

  for (const route of store.snapshot.routes.values()) add(route);
  store.onChange('indexes', (changes) => {
    const routes = changes.filter((change): change is LiveChange<'route'> => change.noun === 'route');
    if (routes.length === 0) return;
    // All removals first: two routes may swap their networks in one change.
    for (const { before } of routes) if (before) remove(before);
    for (const { after } of routes) if (after) add(after);
    known = new WeakMap();
  });

  return {
    to(origin, ip, virtualNetworkId) {
      let found = known.get(origin);
      if (found === undefined) {
        const parsed = parseIp(ip);
        found = (parsed && tables.get(virtualNetworkId)?.lookup(parsed)) ?? null;
        known.set(origin, found);
      }
      return found;
    },
  };
}

/** How bytes leave on each kind of way: a kind without a line here does not compile. */
type OffRampTable = {
  readonly [K in Way['kind']]: (
    way: Extract<Way, { kind: K }>,
    destination: Destination,
    options: DialOptions,
  ) => OriginSocket;
};

function createOffRampTable({ tunnels, direct }: OffRampParts): OffRampTable {
  return {
    direct: (_way, destination, options) => direct.dial(destination, options),
    tunnel: ({ tunnelId }, destination, options) => tunnels.dial(tunnelId, destination, options),
    ingress: ({ tunnelId }) =>
      dialNowhere({
        kind: 'none',
        failure: 'no_ingress',
        detail: `Only HTTP goes through the ingress rules of tunnel ${tunnelId}, not plain bytes`,
      }),
    none: (way, destination, options) =>
      way.awaitedTunnel === undefined
        ? dialNowhere(way)
        : tunnels.dial(way.awaitedTunnel, destination, options),
  };
}

/** Dials on the way that was selected. */
function dialOn<K extends Way['kind']>(
  table: OffRampTable,
  way: Extract<Way, { kind: K }>,
  destination: Destination,
  options: DialOptions,
): OriginSocket {
  return table[way.kind as K](way, destination, options);
}

/** There is no way: a socket that never connects. Its `error` comes after the caller could listen, as with every other socket. */
function dialNowhere({ failure, detail }: Extract<Way, { kind: 'none' }>): OriginSocket {
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  return Object.assign(socket.destroy(new DialError(failure, detail)), {
    connecting: false,
    destroySoon() {},
  });
}
