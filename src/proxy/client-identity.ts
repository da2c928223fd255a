import type { Duplex } from 'node:stream';
import { faultsOn } from '../faults/under-faults.js';
import type { ProxiedAddresses } from './proxy-protocol/read-header.js';
import type { RequestingClient } from './requester.js';

/** Who is at the other end of a connection, whose bytes `tcp` carries; the addresses are null when it is gone. */
export function clientOf(addresses: ProxiedAddresses | null, tcp: Duplex): RequestingClient {
  // The canonical form: an IPv4 client on a dual-stack listener is the same client.
  const ip = addresses?.source.text ?? '';
  return { ip, peerIp: ip, faults: () => faultsOn(tcp) };
}
