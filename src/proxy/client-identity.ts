import type { ProxiedAddresses } from './proxy-protocol/read-header.js';
import type { RequestingClient } from './requester.js';

/** Who is at the other end of a connection; null when it is gone. */
export function clientOf(addresses: ProxiedAddresses | null): RequestingClient {
  // The canonical form: an IPv4 client on a dual-stack listener is the same client.
  const ip = addresses?.source.text ?? '';
  return { ip, peerIp: ip };
}
