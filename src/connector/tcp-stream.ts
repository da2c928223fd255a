import net, { type Socket } from 'node:net';
import { realTime } from '../net/real-time.js';
import { type AddressMap, type HostPort, parseHostPort } from './address-map.js';
import { formatIpPort, parseIpPort } from './destination.js';
import { breakOff, type EdgeStream } from './edge-stream.js';
import { refuse, refuseDial } from './refusal.js';
import { splice } from './splice.js';

export interface TcpStreamOptions {
  readonly map: AddressMap;
  /** Milliseconds that an origin may take to accept; 0 waits as long as the system does. */
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
  /** The origin could not be reached, or broke off. */
  readonly onFailure: (reason: string) => void;
}

/**
 * Serves one raw TCP stream to `authority`, an `ip:port`. The answer is 200 only once the origin has accepted, and 502
 * when it has not. Each direction ends by itself, see `splice`.
 */
export function serveTcpStream(stream: EdgeStream, authority: string, options: TcpStreamOptions): void {
  const target = findTarget(authority, options.map);
  if (target) connect(stream, authority, target, options);
  else fail(stream, `"${authority}" is not an ip:port`, options);
}

function connect(stream: EdgeStream, authority: string, target: HostPort, options: TcpStreamOptions): void {
  const origin = net.connect({
    host: target.host,
    port: target.port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: options.keepAliveMs,
    allowHalfOpen: true,
  });
  const expire = () => origin.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' }));
  const { connectTimeoutMs: ms } = options;
  const cancel = ms > 0 ? realTime.after(ms, expire, { keepsAlive: true }) : () => {};
  origin.once('connect', () => {
    cancel();
    join(stream, origin);
  });
  origin.on('error', (error: NodeJS.ErrnoException) =>
    fail(stream, `${authority}: ${error.message}`, options, error.code),
  );
  origin.once('close', cancel);
  stream.once('close', () => origin.connecting && origin.destroy());
}

function findTarget(authority: string, map: AddressMap): HostPort | null {
  const asked = parseIpPort(authority);
  const mapped = asked && map.get(formatIpPort(asked));
  return mapped ? parseHostPort(mapped) : asked;
}

function join(stream: EdgeStream, origin: Socket): void {
  if (stream.destroyed) return void origin.destroy();
  stream.respond({ ':status': 200, 'cf-cloudflared-response-meta': '{"src":"origin"}' });
  splice(stream, origin);
}

function fail(stream: EdgeStream, reason: string, { onFailure }: TcpStreamOptions, code?: string): void {
  if (stream.destroyed) return;
  onFailure(reason);
  if (stream.headersSent) breakOff(stream, reason);
  else if (code) refuseDial(stream, code, reason);
  else refuse(stream, 502, reason);
}
