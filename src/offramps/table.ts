import type { Destination, DialOptions, OriginSocket, TunnelDialer, Way } from './contract.js';
import type { DirectDialer } from './direct.js';
import { dialNowhere } from './none.js';

/** What off-ramps are made of. */
export interface OffRampParts {
  readonly tunnels: TunnelDialer;
  readonly direct: DirectDialer;
}

/** How bytes leave on each kind of way: a kind without a line here does not compile. */
export type OffRampTable = {
  readonly [K in Way['kind']]: (
    way: Extract<Way, { kind: K }>,
    destination: Destination,
    options: DialOptions,
  ) => OriginSocket;
};

export function createOffRampTable({ tunnels, direct }: OffRampParts): OffRampTable {
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
export function dialOn<K extends Way['kind']>(
  table: OffRampTable,
  way: Extract<Way, { kind: K }>,
  destination: Destination,
  options: DialOptions,
): OriginSocket {
  return table[way.kind as K](way, destination, options);
}
