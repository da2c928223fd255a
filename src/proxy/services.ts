import type { Logger } from 'pino';
import type { LoadBoard } from '../state/load-board.js';
import type { Sessions } from '../steering/contract.js';
import type { Steering } from '../steering/decide.js';
import type { IdleClients } from './client-connections.js';
import type { Deadlines } from './deadlines.js';
import type { DownVerdicts } from './down-verdicts.js';
import type { RequestHead } from './head/request-head.js';
import type { LimitReached } from './limit-log.js';
import type { ProxyLimits, ProxyTimeouts } from './limits.js';
import type { HostIndex } from './match.js';
import type { OriginTarget } from './origin-target.js';
import type { RecordServices } from './request-record.js';
import type { Responders } from './responder.js';
import type { TracingParts } from './tracing/trace-context.js';
import type { TrustedProxies } from './trusted-proxies.js';
import type { Places } from './visit.js';

/** What every connection of one proxy shares. */
export interface ProxyServices extends Places, RecordServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly hosts: HostIndex;
  readonly steering: Steering;
  /** What steering draws with. */
  readonly random: () => number;
  readonly sessions: Pick<Sessions, 'pin'>;
  readonly load: LoadBoard;
  readonly downVerdicts: DownVerdicts;
  readonly http1Responders: Responders;
  /** For gRPC. */
  readonly http2Responders: Responders;
  /** For origins behind the ingress rules of a tunnel. */
  readonly ingressResponders: Responders;
  /** Whose word about their clients counts. */
  readonly trustedProxies: TrustedProxies;
  /** What load balancers in front ask for to see whether this proxy is there; null answers none of them. */
  readonly healthPath: string | null;
  readonly idleClients: IdleClients;
  readonly limitReached: LimitReached;
  readonly deadlines: Deadlines;
  readonly nextRay: () => string;
  /** Null traces nothing. */
  readonly tracing: TracingParts | null;
  readonly log: Logger;
  /** No response may promise to keep its connection any more. */
  readonly isDraining: () => boolean;
}

/** Those that speak what the origin, or what leads to it, understands. */
export function respondersFor(
  services: Pick<ProxyServices, 'http1Responders' | 'http2Responders' | 'ingressResponders'>,
  { tunnelId }: OriginTarget,
  { grpc }: RequestHead,
): Responders {
  if (tunnelId !== null) return services.ingressResponders;
  return grpc ? services.http2Responders : services.http1Responders;
}
