import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { ListenAddress, PrivateAddress } from '../../bridge/messages.js';
import type { Cidr } from '../../net/addresses.js';
import { type ListeningSocket, type ListenOn, openListeningSocket } from '../../net/listening-sockets.js';
import type { HealthView } from '../../state/health-board.js';
import type { LoadBoard } from '../../state/load-board.js';
import type { PassiveHealth } from '../../state/passive-health.js';
import type { LiveLoadBalancer, LiveOrigin } from '../../state/snapshot.js';
import type { SnapshotStore } from '../../state/snapshot-store.js';
import type { Sessions } from '../../steering/contract.js';
import { createSteering } from '../../steering/decide.js';
import { poolViews, withOnly } from '../../steering/pool-states.js';
import type { ExchangeServices } from '../exchange/services.js';
import type { HostIndex } from '../hosts.js';

export interface Listener {
  /** Resolves with the address that was really taken; rejects when it cannot be had. */
  listen(): Promise<ListenAddress>;
  /** As `ListeningSocket.close`: the address is free at once, unless `acceptQueued`. */
  close(options?: { readonly acceptQueued: boolean }): Promise<void>;
}

/** Gives the connections of a socket, which is opened if it is not open yet, to `take`. */
export function createListener(
  kind: 'http' | 'https' | 'tcp',
  on: ListenOn,
  take: (socket: Socket) => void,
  log: Logger,
): Listener {
  let socket: ListeningSocket | undefined = on.socket;
  return {
    async listen() {
      socket = await openListeningSocket(kind, on);
      socket.serve(take, (error) => log.error({ err: error }, 'a listener of the proxy failed'));
      return socket.address;
    },
    close: async (options) => socket?.close(options),
  };
}

/** A listener whose requests are all taken by a host index and a steering of its own. */
export type OwnServices = Pick<ExchangeServices, 'hosts' | 'steering'>;

/**
 * The address that each load balancer of an account has in `network` (IPv4). `ids` come in the order in which the load
 * balancers were made. Each takes the address that a hash of its id names, or the next free one; so an address stays as long
 * as no older load balancer that wants the same one comes or goes, also across restarts. The first and the last address of
 * the network are given to nobody. When they run out, the youngest have none.
 */
export function privateAddresses(network: Cidr, ids: Iterable<string>): ReadonlyMap<string, string> {
  const first = network.network.bytes.reduce((number, byte) => number * 256 + byte, 0) + 1;
  const size = 2 ** (32 - network.prefix) - 2;
  const taken = new Set<number>();
  const addresses = new Map<string, string>();
  for (const id of ids) {
    if (taken.size >= size) break;
    let offset = createHash('sha256').update(id).digest().readUInt32BE(0) % size;
    while (taken.has(offset)) offset = (offset + 1) % size;
    taken.add(offset);
    addresses.set(id, dotted(first + offset));
  }
  return addresses;
}

const dotted = (number: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

interface PrivateListenersOptions {
  readonly network: Cidr;
  /** 0 = any free port for each. */
  readonly port: number;
  readonly store: SnapshotStore;
  readonly health: HealthView;
  readonly passive: PassiveHealth;
  readonly sessions: Sessions;
  /** The proxy's. */
  readonly load: LoadBoard;
  readonly proxy: { listenerFor(address: ListenAddress, own: OwnServices): Listener };
  readonly log: Logger;
}

interface PrivateListeners {
  /** One for each enabled load balancer of an account. */
  addresses(): readonly PrivateAddress[];
  /** Resolves when each listener of the present configuration listens or has failed. */
  settled(): Promise<void>;
  /** Accepts nobody any more and follows the configuration no longer. */
  close(): void;
}

interface Entry {
  readonly host: string;
  readonly listener: Listener;
  port: number | null;
  error: string | null;
}

/** They forward into private networks alone: whoever reaches one must not reach the Internet through it. */
const isPrivate = ({ virtualNetworkId }: LiveOrigin) => virtualNetworkId !== null;

/** Each holds a descriptor, and descriptors are what connections need as well. */
const MAX_LISTENERS = 1_000;

/** Whatever host a request names, it is for this load balancer. */
function onlyHost({ snapshot }: SnapshotStore, id: string): HostIndex {
  return {
    match() {
      const loadBalancer = snapshot.loadBalancers.get(id);
      return loadBalancer?.enabled ? loadBalancer : undefined;
    },
  };
}

/**
 * Listeners on addresses of their own for the load balancers of accounts, while they are enabled. What cannot listen is
 * tried again at the next change of any of them.
 */
export function createPrivateListeners(options: PrivateListenersOptions): PrivateListeners {
  const { store, log } = options;
  const entries = new Map<string, Entry>();
  const steering = createSteering({
    pools: poolViews(store.snapshot.pools, (pool) => withOnly(pool, isPrivate)),
    health: options.health,
    load: options.load,
    sessions: options.sessions,
    passive: options.passive,
  });
  let closed = false;
  let starting: Promise<unknown> = Promise.resolve();

  function follow(): void {
    const all = [...store.snapshot.loadBalancers.values()].filter(({ zoneId }) => zoneId === null);
    const addresses = privateAddresses(
      options.network,
      all.map(({ id }) => id),
    );
    const enabled = new Set(all.filter((one) => one.enabled).map(({ id }) => id));
    // All that go first: one may take the address of another.
    for (const [id, { host, error }] of entries) {
      if (!enabled.has(id) || addresses.get(id) !== host || error !== null) stop(id);
    }
    const added = [...enabled].filter((id) => !entries.has(id)).map((id) => start(id, addresses.get(id)));
    starting = Promise.all([starting, ...added]);
  }

  function errorOf(id: string): string | null {
    const entry = entries.get(id);
    if (entry) return entry.error;
    if (entries.size >= MAX_LISTENERS)
      return `no more than ${MAX_LISTENERS} load balancers of accounts can listen`;
    return 'the private network has no address left for it';
  }

  function stop(id: string): void {
    void entries.get(id)?.listener.close();
    entries.delete(id);
  }

  async function start(id: string, host: string | undefined): Promise<void> {
    if (host === undefined || entries.size >= MAX_LISTENERS) return;
    const entry: Entry = {
      host,
      listener: options.proxy.listenerFor(
        { host, port: options.port },
        { hosts: onlyHost(store, id), steering },
      ),
      port: null,
      error: null,
    };
    entries.set(id, entry);
    try {
      entry.port = (await entry.listener.listen()).port;
      // It went while it was about to come.
      if (entries.get(id) !== entry) await entry.listener.close();
    } catch (error) {
      entry.error = (error as Error).message;
      log.error({ err: error, loadBalancer: id }, 'a load balancer of an account cannot be reached');
    }
  }

  store.onChange('listeners', (changes) => {
    const concerned = changes.some(({ noun, before, after }) => {
      return noun === 'load_balancer' && ((before ?? after) as LiveLoadBalancer).zoneId === null;
    });
    if (concerned && !closed) follow();
  });
  follow();

  return {
    addresses: () =>
      [...store.snapshot.loadBalancers.values()]
        .filter(({ zoneId, enabled }) => zoneId === null && enabled)
        .map(({ id, accountId, name }) => {
          const entry = entries.get(id);
          return {
            id,
            accountId,
            name,
            host: entry?.host ?? null,
            port: entry?.port ?? null,
            error: errorOf(id),
          };
        }),
    settled: () => starting.then(() => undefined),
    close() {
      closed = true;
      for (const id of [...entries.keys()]) stop(id);
    },
  };
}
