import type { FaultTarget, TrafficFault } from '../bridge/faults.js';
import { type Cidr, cidrContainsIp, parseCidr, parseIp } from '../net/addresses.js';
import { canonicalHost } from '../net/hostnames.js';
import type { OriginPlace } from '../tunnel/egress/contract.js';
import type { Chance } from './passage.js';
import { createStruckConnections, type Struck } from './struck.js';

/** What a connection to an origin is recognized by. */
export interface FaultedPlace {
  readonly origin: Pick<OriginPlace, 'address' | 'ip'>;
  /** Null behind ingress rules, which know no ports. */
  readonly port: number | null;
  readonly poolId: string | null;
  readonly tunnelId: string | null;
}

/** The faults that are set on bytes, and the connections that are under them. */
export interface TrafficFaults {
  readonly chance: Chance;
  /** No fault is set on the bytes of origins; on those of clients. Nothing else need be asked then. */
  readonly noneForOrigins: boolean;
  readonly noneForClients: boolean;
  /** Connections that are under faults. */
  readonly connections: number;
  /** Takes these in place of those before: connections under the latter are under them no longer. */
  set(faults: readonly TrafficFault[]): void;
  /** Draws whether one more connection is struck, and by which faults; null: by none. */
  strikeOrigin(place: FaultedPlace): Struck | null;
  strikeClient(ip: string): Struck | null;
  /** The names of those that may strike. */
  namesFor(place: FaultedPlace | null, clientIp: string | null): readonly string[];
  /** Whether a fault is set for this pool by its id: connections of other pools to the same origin are none of its. */
  isOnPool(poolId: string): boolean;
  /** Called after faults for origins, or for clients, have come or gone. */
  onChange(listener: (whose: 'origins' | 'clients') => void): void;
}

type Fits = (place: FaultedPlace) => boolean;

export function createTrafficFaults(chance: Chance, struck: (fault: TrafficFault) => void): TrafficFaults {
  const connections = createStruckConnections();
  const listeners: ((whose: 'origins' | 'clients') => void)[] = [];
  let all: readonly TrafficFault[] = [];
  let forOrigins: readonly (readonly [TrafficFault, Fits])[] = [];
  let forClients: readonly (readonly [TrafficFault, Cidr])[] = [];
  let pools: ReadonlySet<string> = new Set();

  const isOn = ({ target }: TrafficFault, whose: 'origins' | 'clients') =>
    (target.kind === 'client') === (whose === 'clients');

  function strike(fitting: readonly TrafficFault[]): Struck | null {
    const faults = fitting.filter(({ share }) => share >= 1 || chance.random() < share);
    for (const fault of faults) struck(fault);
    return faults.length === 0 ? null : connections.add(faults);
  }

  const onOrigin = (place: FaultedPlace) =>
    forOrigins.filter(([, fits]) => fits(place)).map(([fault]) => fault);

  function onClient(clientIp: string): TrafficFault[] {
    const ip = parseIp(clientIp);
    if (ip === null) return [];
    return forClients.filter(([, network]) => cidrContainsIp(network, ip)).map(([fault]) => fault);
  }

  return {
    chance,
    get noneForOrigins() {
      return forOrigins.length === 0;
    },
    get noneForClients() {
      return forClients.length === 0;
    },
    get connections() {
      return connections.size;
    },
    set(faults) {
      const before = all;
      all = faults;
      forOrigins = faults.flatMap((fault) => {
        const fits = fitsOf(fault.target);
        return fits ? [[fault, fits] as const] : [];
      });
      forClients = faults.flatMap((fault) =>
        fault.target.kind === 'client' ? [[fault, parseCidr(fault.target.network)!] as const] : [],
      );
      pools = new Set(faults.flatMap(({ target }) => (target.kind === 'pool' ? [target.id] : [])));
      connections.keepOnly(new Set(faults));
      for (const whose of ['origins', 'clients'] as const) {
        const [old, now] = [before, faults].map((some) => some.filter((fault) => isOn(fault, whose)));
        const same = old!.length === now!.length && old!.every((fault, index) => fault === now![index]);
        if (!same) for (const listener of listeners) listener(whose);
      }
    },
    strikeOrigin: (place) => strike(onOrigin(place)),
    strikeClient: (ip) => strike(onClient(ip)),
    namesFor(place, clientIp) {
      const faults = [...(place ? onOrigin(place) : []), ...(clientIp ? onClient(clientIp) : [])];
      return faults.map(({ name }) => name);
    },
    isOnPool: (poolId) => pools.has(poolId),
    onChange: (listener) => void listeners.push(listener),
  };
}

/** Null for what is on clients. */
function fitsOf(target: FaultTarget): Fits | null {
  switch (target.kind) {
    case 'origin': {
      const { address, port: wanted } = target;
      return ({ origin, port }) =>
        (origin.ip ?? canonicalHost(origin.address)) === address && (wanted === null || wanted === port);
    }
    case 'pool':
      return ({ poolId }) => poolId === target.id;
    case 'tunnel':
      return ({ tunnelId }) => tunnelId === target.id;
    case 'client':
      return null;
  }
}
