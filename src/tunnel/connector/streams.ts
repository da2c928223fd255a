import net, { type Socket } from 'node:net';
import { realTime } from '../../net/clock.js';
import type { AddressMap, ConnectorLog, Counts } from './contract.js';
import {
  breakOff,
  type EdgeRequest,
  type EdgeStream,
  refuse,
  refuseDial,
  refuseFlow,
  splice,
} from './edge-stream.js';
import { timerMs } from './ingress/origin-request.js';
import { formatIpPort, type HostPort, parseHostPort, parseIpPort } from './options.js';
import { type Orchestrator, serveConfiguration } from './orchestrator.js';

interface StreamOptions {
  readonly orchestrator: Orchestrator;
  readonly map: AddressMap;
  readonly counts: Counts;
  readonly log: ConnectorLog;
}

const UPGRADE = 'cf-cloudflared-proxy-connection-upgrade';
const TCP_SOURCE = 'cf-cloudflared-proxy-src';

/** Serves every stream that an edge opens but the one for registration. The headers tell what it is, in this order. */
export function createStreamServer(options: StreamOptions): (request: EdgeRequest) => void {
  const { orchestrator } = options;
  return (request) => {
    const { stream, headers } = request;
    const upgrade = headers[UPGRADE];
    if (upgrade === 'update-configuration')
      serveConfiguration(stream, orchestrator).catch((error: Error) => breakOff(stream, error.message));
    else if (upgrade === 'websocket') orchestrator.ingress.serve(request, true);
    else if (headers[TCP_SOURCE]) serveFlow(request, options);
    else if (upgrade) refuse(stream, 503, `this connector does not serve ${upgrade} streams`);
    else orchestrator.ingress.serve(request, false);
  };
}

function serveFlow(
  { stream, headers }: EdgeRequest,
  { orchestrator, map, counts, log }: StreamOptions,
): void {
  const { connectTimeout, tcpKeepAlive, maxActiveFlows } = orchestrator.configuration.warpRouting;
  counts.requests += 1;
  counts.tcpSessions += 1;
  if (maxActiveFlows > 0 && counts.activeTcpSessions >= maxActiveFlows) {
    counts.rateLimitedFlows += 1;
    counts.requestErrors += 1;
    refuseFlow(stream, `${maxActiveFlows} streams are open, as many as maxActiveFlows allows`);
    return;
  }
  counts.concurrentRequests += 1;
  counts.activeTcpSessions += 1;
  stream.once('close', () => {
    counts.concurrentRequests -= 1;
    counts.activeTcpSessions -= 1;
  });
  serveTcpStream(stream, headers[':authority'] ?? '', {
    map,
    connectTimeoutMs: timerMs(connectTimeout),
    keepAliveMs: timerMs(tcpKeepAlive),
    onFailure(reason) {
      counts.requestErrors += 1;
      if (!stream.headersSent) counts.streamConnectErrors += 1;
      log.debug({ reason }, 'connector: stream failed');
    },
  });
}

interface TcpStreamOptions {
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
function serveTcpStream(stream: EdgeStream, authority: string, options: TcpStreamOptions): void {
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
