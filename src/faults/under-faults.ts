import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { transportOf } from '../net/stream-ends.js';
import type { OffRamps, OriginPlace } from '../tunnel/egress/contract.js';
import { faultyRequest } from './faulty-request.js';
import { FaultySocket } from './faulty-socket.js';
import { FaultyStream } from './faulty-stream.js';
import type { FaultedPlace, TrafficFaults } from './traffic-faults.js';

/** Off-ramps whose connections and requests come under the faults that are set when they are made. */
export function offRampsUnderFaults(offramps: OffRamps, faults: TrafficFaults): OffRamps {
  const placeOf = (origin: OriginPlace, port: number | null, poolId: string | null) =>
    faultedPlace(offramps, origin, port, poolId);
  return {
    ...offramps,
    dial(origin, port, options) {
      if (faults.noneForOrigins) return offramps.dial(origin, port, options);
      const dial = () => offramps.dial(origin, port, options);
      const struck = faults.strikeOrigin(placeOf(origin, port, options.poolId ?? null));
      return struck ? FaultySocket.dial(struck, faults.chance, dial, options.connectTimeoutMs) : dial();
    },
    request(origin, head, options) {
      if (faults.noneForOrigins) return offramps.request(origin, head, options);
      const send = () => offramps.request(origin, head, options);
      const struck = faults.strikeOrigin(placeOf(origin, null, options.poolId ?? null));
      return struck ? faultyRequest(struck, faults.chance, send) : send();
    },
  };
}

/** Where a connection to `origin` would go at this moment, as faults see it. */
export function faultedPlace(
  offramps: Pick<OffRamps, 'select'>,
  origin: OriginPlace,
  port: number | null,
  poolId: string | null,
): FaultedPlace {
  const way = offramps.select(origin);
  const tunnelId = 'tunnelId' in way ? way.tunnelId : null;
  return { origin, port, poolId, tunnelId: way.kind === 'none' ? (way.awaitedTunnel ?? null) : tunnelId };
}

/** An accepted connection of the client at `ip`, under the faults that are set for it. */
export function acceptUnderFaults(
  faults: Pick<TrafficFaults, 'noneForClients' | 'strikeClient' | 'chance'> | null,
  socket: Socket,
  ip: string | null,
): Socket {
  if (faults === null || faults.noneForClients || ip === null) return socket;
  const struck = faults.strikeClient(ip);
  // It has of a socket what is asked of one that was accepted.
  return struck
    ? (FaultySocket.over(struck, faults.chance, socket, 'downstream') as unknown as Socket)
    : socket;
}

const NONE: readonly string[] = [];

/** The names of the faults that a connection is under, also below TLS. */
export function faultsOn(stream: Duplex): readonly string[] {
  const carrier = transportOf(stream) ?? stream;
  return carrier instanceof FaultyStream ? carrier.faults : NONE;
}
