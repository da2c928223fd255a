import type { Logger } from 'pino';
import type { HealthView } from '../live/health-board.js';
import type { LoadBoard } from '../live/load-board.js';
import type { PrivateAddress } from '../live/messages.js';
import { privateAddresses } from '../live/private-addresses.js';
import type { LiveLoadBalancer, LiveOrigin } from '../live/snapshot.js';
import type { SnapshotStore } from '../live/snapshot-store.js';
import type { Cidr } from '../net/cidr.js';
import type { Sessions } from '../steering/contract.js';
import { createSteering } from '../steering/decide.js';
import { poolViews, withOnly } from '../steering/pool-states.js';
import type { Listener } from './listener.js';
import type { HostIndex } from './match.js';
import type { Proxy as HttpProxy } from './proxy.js';

export interface PrivateListenersOptions {
  readonly network: Cidr;
  /** 0 = any free port for each. */
  readonly port: number;
  readonly store: SnapshotStore;
  readonly health: HealthView;
  readonly sessions: Sessions;
  /** The proxy's. */
  readonly load: LoadBoard;
  readonly proxy: Pick<HttpProxy, 'listenerFor'>;
  readonly log: Logger;
}

export interface PrivateListeners {
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

  store.onChange((changes) => {
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
