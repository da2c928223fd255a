import type { Logger } from 'pino';
import type { LoadBoard } from '../../state/load-board.js';
import type { PassiveHealth } from '../../state/passive-health.js';
import type { Sessions } from '../../steering/contract.js';
import type { Steering } from '../../steering/decide.js';
import type { HostIndex } from '../hosts.js';
import type { RequestHead } from '../http/request-head.js';
import type { ProxyLimits } from '../limits.js';
import type { RecordServices } from '../telemetry/request-record.js';
import type { TracingParts } from '../telemetry/tracing.js';
import type { OriginTarget } from '../upstream/origin-target.js';
import type { UpstreamPool } from './contract.js';
import type { DownVerdicts } from './origin-attempts.js';
import type { ClientLocations } from './request-context.js';

/** What all exchanges of one proxy share. */
export interface ExchangeServices extends ClientLocations, RecordServices {
  readonly limits: ProxyLimits;
  readonly hosts: HostIndex;
  readonly steering: Steering;
  /** What steering draws with. */
  readonly random: () => number;
  readonly sessions: Pick<Sessions, 'pin'>;
  readonly load: LoadBoard;
  readonly passive: PassiveHealth;
  readonly downVerdicts: DownVerdicts;
  readonly http1UpstreamPool: UpstreamPool;
  /** For gRPC. */
  readonly http2UpstreamPool: UpstreamPool;
  /** For origins behind the ingress rules of a tunnel. */
  readonly ingressUpstreamPool: UpstreamPool;
  /** What load balancers in front ask for to see whether this proxy is there; null answers none of them. */
  readonly healthPath: string | null;
  readonly nextRay: () => string;
  /** Null traces nothing. */
  readonly tracing: TracingParts | null;
  readonly log: Logger;
  /** No response may promise to keep its connection any more. */
  readonly isDraining: () => boolean;
}

/** Those that speak what the origin, or what leads to it, understands. */
export function upstreamPoolFor(
  services: Pick<ExchangeServices, 'http1UpstreamPool' | 'http2UpstreamPool' | 'ingressUpstreamPool'>,
  { tunnelId }: OriginTarget,
  { grpc }: RequestHead,
): UpstreamPool {
  if (tunnelId !== null) return services.ingressUpstreamPool;
  return grpc ? services.http2UpstreamPool : services.http1UpstreamPool;
}
