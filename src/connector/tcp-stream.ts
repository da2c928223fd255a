import net, { type Socket } from 'node:net';
import { CODE } from '../http2/errors.js';
import type { Http2Stream } from '../http2/stream.js';
import { type AddressMap, type HostPort, parseHostPort } from './address-map.js';
import { formatIpPort, parseIpPort } from './destination.js';
import { refuse } from './refusal.js';

/** Milliseconds that an origin may take to accept; the same as cloudflared's default. */
const DIAL_TIMEOUT_MS = 5_000;

/**
 * Serves one raw TCP stream to `authority`, an `ip:port`. The answer is 200 only once the origin has accepted, and 502
 * when it has not. There is no half-close: when either end is done, both are closed.
 */
export function serveTcpStream(stream: Http2Stream, authority: string, map: AddressMap): void {
  const target = findTarget(authority, map);
  if (target) connect(stream, authority, target);
  else refuse(stream, 502, `"${authority}" is not an ip:port`);
}

function connect(stream: Http2Stream, authority: string, target: HostPort): void {
  const origin = net.connect({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true });
  const timer = setTimeout(() => origin.destroy(new Error('timed out')), DIAL_TIMEOUT_MS);
  origin.once('connect', () => {
    clearTimeout(timer);
    join(stream, origin);
  });
  origin.on('error', (error) => fail(stream, `${authority}: ${error.message}`));
  origin.once('close', () => clearTimeout(timer));
  stream.once('close', () => origin.destroy());
}

function findTarget(authority: string, map: AddressMap): HostPort | null {
  const asked = parseIpPort(authority);
  const mapped = asked && map.get(formatIpPort(asked));
  return mapped ? parseHostPort(mapped) : asked;
}

function join(stream: Http2Stream, origin: Socket): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': 200, 'cf-cloudflared-response-meta': '{"src":"origin"}' });
  // `pipe` stops reading from one side while the other is full.
  stream.pipe(origin);
  origin.pipe(stream);
  // All that the origin had to say is on its way: END_STREAM, then the other direction is closed as well.
  stream.once('finish', () => stream.close(CODE.NO_ERROR));
  stream.once('end', () => {
    origin.unpipe(stream);
    origin.destroySoon();
    stream.end();
  });
}

function fail(stream: Http2Stream, reason: string): void {
  if (stream.destroyed) return;
  if (!stream.headersSent) refuse(stream, 502, reason);
  // A reset: `close` would say END_STREAM first, and the edge would take it for an end in good order.
  else stream.destroy(new Error(reason));
}
