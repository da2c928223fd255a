import type { Socket } from 'node:net';
import { parseIp } from '../net/ip.js';
import type { Client } from './requester.js';

/** Who is at the other end of a client's connection. */
export function clientOf({ remoteAddress = '' }: Socket): Client {
  // The canonical form: an IPv4 client on a dual-stack listener is the same client.
  return { ip: parseIp(remoteAddress)?.text ?? remoteAddress };
}
