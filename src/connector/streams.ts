import type { AddressMap } from './address-map.js';
import { serveConfiguration } from './configuration-stream.js';
import type { ConnectorLog } from './contract.js';
import type { Counts } from './counts.js';
import { breakOff, type EdgeRequest } from './edge-stream.js';
import type { Orchestrator } from './orchestrator.js';
import { refuse, refuseFlow } from './refusal.js';
import { timerMs } from './seconds.js';
import { serveTcpStream } from './tcp-stream.js';

export interface StreamOptions {
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
