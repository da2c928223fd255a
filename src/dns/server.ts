import type { NetworkInterfaceInfo } from 'node:os';
import type { Logger } from 'pino';
import type { ListenAddress } from '../bridge/messages.js';
import { parseIp } from '../net/addresses.js';
import { type Clock, realTime } from '../net/clock.js';
import type { Locations, Place } from '../net/locations.js';
import type { HostIndex } from '../proxy/hosts.js';
import type { HealthView } from '../state/health-board.js';
import type { SnapshotStore } from '../state/snapshot-store.js';
import { createAnswers } from './answers.js';
import { createNameIndex, createRecordSets } from './names.js';
import { type DnsSockets, openDnsSockets } from './open-sockets.js';
import { createChooseOrigin, type Resolve } from './origins.js';
import {
  createResponder,
  listenTcp,
  listenUdp,
  type OnAnswered,
  type TcpListener,
  type UdpListener,
} from './transport.js';

export interface DnsOptions {
  readonly host: string;
  /** 0 = any that is free for UDP and TCP alike. */
  readonly port: number;
  /** Those that are open already, in place of host and port. */
  readonly sockets?: DnsSockets;
  readonly store: SnapshotStore;
  readonly hosts: HostIndex;
  readonly health: HealthView;
  /** Where this data plane is. */
  readonly home: Place;
  readonly locations: Locations;
  readonly resolve: Resolve;
  /** Where proxied load balancers and published host names are reached. */
  readonly proxyAddresses: readonly string[];
  /** Of the zones, as `nameServersOf` takes them; not empty. */
  readonly nameServers: readonly string[];
  /** Where this name server is reached. */
  readonly nameServerAddresses: readonly string[];
  readonly clock: Clock;
  /** By which questions are timed: another one in tests. */
  readonly real?: Clock;
  readonly random: () => number;
  readonly onAnswered?: OnAnswered;
  readonly log: Logger;
}

interface DnsServer {
  /** Rejects when the port cannot be had for both protocols. */
  listen(): Promise<ListenAddress>;
  /** Lets questions that are under way be answered for at most `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/**
 * An authoritative name server for zones. Load balancers that are not proxied are answered with the address of one origin,
 * chosen as the proxy would choose it; those that are, and host names that lead to tunnels, with the proxy's addresses;
 * name servers of the zones with its own; and every other name with its records. It asks on nobody's behalf.
 */
export function createDnsServer(options: DnsOptions): DnsServer {
  const { store, real = realTime, log } = options;
  const answers = createAnswers({
    names: createNameIndex(store, options.nameServers),
    hosts: options.hosts,
    records: createRecordSets(store),
    choose: createChooseOrigin({ ...options, pools: store.snapshot.pools }),
    resolve: options.resolve,
    proxyAddresses: options.proxyAddresses,
    nameServerAddresses: options.nameServerAddresses,
    revision: () => store.snapshot.revision,
    log,
  });
  const responder = createResponder(answers, real, log, options.onAnswered);
  let listeners: { readonly tcp: TcpListener; readonly udp: UdpListener } | null = null;

  return {
    async listen() {
      const { tcp, udp } = options.sockets ?? (await openDnsSockets(options));
      listeners = {
        tcp: listenTcp(tcp, responder, real, log),
        udp: listenUdp(udp, responder, log),
      };
      return tcp.address;
    },
    async drain(graceMs) {
      if (listeners === null) return;
      await responder.settled(graceMs);
      await Promise.all([listeners.tcp.close(), listeners.udp.close()]);
      listeners = null;
    },
  };
}

type Interfaces = NodeJS.Dict<NetworkInterfaceInfo[]>;

const LOOPBACK: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  '0.0.0.0': ['127.0.0.1'],
  '::': ['127.0.0.1', '::1'],
};

/**
 * What DNS says of where a listener is reached (the proxy, or DNS itself): the advertised addresses, otherwise the one that it
 * listens on. One that listens on all of the machine's addresses is found at those that others can reach, or else at loopback.
 */
export function reachableAddresses(
  advertised: readonly string[],
  host: string,
  interfaces: Interfaces,
): readonly string[] {
  if (advertised.length > 0) return advertised;
  const everywhere = LOOPBACK[host];
  if (everywhere === undefined) return [host];
  const reachable = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => parseIp(address))
    // Link-local addresses mean nothing without an interface.
    .filter(
      (ip) => ip !== null && !(ip.family === 6 && ip.bytes[0] === 0xfe && (ip.bytes[1]! & 0xc0) === 0x80),
    )
    .filter((ip) => host !== '0.0.0.0' || ip?.family === 4)
    .map((ip) => ip!.text);
  return reachable.length > 0 && host !== 'localhost' ? reachable : everywhere;
}
