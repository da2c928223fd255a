import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { LoadBoard } from '../../live/load-board.js';
import type { LiveLoadBalancer, LiveOrigin } from '../../live/snapshot.js';
import { parseIp } from '../../net/ip.js';
import type { Place } from '../../net/place.js';
import { tunnelBefore } from '../../net/tunnel-hostname.js';
import type { Steering } from '../../steering/decide.js';
import type { Plan } from '../../steering/plan.js';
import type { Visit } from '../../steering/visit.js';
import type { Deadlines } from '../deadlines.js';
import type { DialOrigin } from '../origin-dial.js';
import type { OriginTarget } from '../origin-target.js';
import { type RecordServices, RequestRecord } from '../request-record.js';
import { type JoinTimeouts, joinStreams } from '../upgrade.js';

/** What every connection to a TCP load balancer shares. */
export interface TcpServices extends RecordServices {
  readonly steering: Steering;
  readonly load: LoadBoard;
  readonly dialOrigin: DialOrigin;
  readonly deadlines: Deadlines;
  readonly joinTimeouts: JoinTimeouts;
  readonly placeOf: (clientIp: string) => Place;
  /** Names a connection in the log of requests. */
  readonly nextRay: () => string;
  readonly log: Logger;
}

/**
 * Carries one connection to an origin of the load balancer. There are no sessions, and conditions about HTTP do not hold;
 * an origin that cannot be reached is replaced by another one of its pool, once. A connection that nobody can take is reset.
 */
export function carryConnection(client: Socket, loadBalancer: LiveLoadBalancer, services: TcpServices): void {
  const { steering, log } = services;
  const visit = visitOf(client, loadBalancer, services);
  const decision = steering.decide(loadBalancer, visit);
  const asked = { method: 'TCP', host: loadBalancer.name, target: '' };
  const record = new RequestRecord(services, services.nextRay(), visit.clientIp, asked);
  record.loadBalancer = loadBalancer;
  record.trace = decision.trace;
  let cancelDial: (() => void) | null = null;
  client.once('close', () => {
    if (cancelDial === null) return;
    cancelDial();
    record.end('client_gone');
  });
  if (decision.kind === 'plan') attempt(decision, true);
  else refuse(decision.kind);

  function attempt(plan: Plan, mayRetry: boolean): void {
    const { pool, origin } = plan;
    record.attempt(plan);
    if (tunnelBefore(origin) !== null) {
      warnOf(origin, BEHIND_INGRESS, log);
      refuse('origin_takes_http_only');
      return;
    }
    if (origin.port === 0) {
      warnOf(origin, WITHOUT_PORT, log);
      refuse('origin_without_port');
      return;
    }
    const target: OriginTarget = {
      poolId: pool.id,
      origin,
      tunnelId: null,
      port: origin.port,
      tls: false,
      serverName: null,
      key: '',
    };
    cancelDial = services.dialOrigin(target, visit.clientIp, {
      connected(socket) {
        cancelDial = null;
        record.end(null);
        join(client, socket, pool.id, origin.key, services);
      },
      failed(failure, cause) {
        cancelDial = null;
        log.debug({ err: cause, origin: origin.name, failure }, 'a TCP connection to an origin failed');
        record.attemptFailed(failure);
        const other = mayRetry ? steering.alternative(inItsPool(plan), visit, []) : null;
        if (other) attempt(other, false);
        else refuse(failure);
      },
    });
  }

  function refuse(reason: string): void {
    log.debug({ loadBalancer: loadBalancer.name, reason }, 'a TCP connection was refused');
    record.end(reason);
    client.resetAndDestroy();
  }
}

const warnedOf = new WeakSet<LiveOrigin>();

const WITHOUT_PORT = 'an origin has port 0, and TCP has no default port: its connections are refused';
const BEHIND_INGRESS =
  'an origin is behind the ingress rules of a tunnel, which take HTTP alone: its TCP connections are refused';

/** A mistake of the configuration, said once and not with each connection. */
function warnOf(origin: LiveOrigin, mistake: string, log: Logger): void {
  if (warnedOf.has(origin)) return;
  warnedOf.add(origin);
  log.warn({ origin: origin.name }, mistake);
}

/** A connection does not fail over to another pool. */
function inItsPool(plan: Plan): Plan {
  return { ...plan, settings: { ...plan.settings, failoverAcrossPools: false } };
}

function join(
  client: Socket,
  origin: Duplex,
  poolId: string,
  originKey: string,
  { load, deadlines, joinTimeouts }: TcpServices,
): void {
  load.requestStarted(poolId, originKey);
  origin.once('close', () => load.requestEnded(poolId, originKey));
  joinStreams(client, origin, deadlines, joinTimeouts);
}

function visitOf(client: Socket, { name }: LiveLoadBalancer, { placeOf }: TcpServices): Visit {
  const address = client.remoteAddress ?? '';
  const clientIp = parseIp(address)?.text ?? address;
  const place = placeOf(clientIp);
  return {
    clientIp,
    random: Math.random,
    now: Date.now(),
    place,
    facts: () => ({ loadBalancer: name, region: place.region, clientIp, http: null, dns: null }),
    carriers: null,
  };
}
