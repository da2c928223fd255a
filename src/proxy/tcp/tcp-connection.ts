import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { faultBehind } from '../../faults/fault-error.js';
import { faultsOn } from '../../faults/under-faults.js';
import { tunnelBefore } from '../../net/hostnames.js';
import type { Place } from '../../net/locations.js';
import { resetStream } from '../../net/stream-ends.js';
import type { LoadBoard } from '../../state/load-board.js';
import type { PassiveHealth } from '../../state/passive-health.js';
import type { LiveLoadBalancer, LiveOrigin } from '../../state/snapshot.js';
import type { Decision, Plan, RequestContext } from '../../steering/contract.js';
import type { Steering } from '../../steering/decide.js';
import { Failover } from '../../steering/failover.js';
import { type JoinTimeouts, joinStreams } from '../downstream/joined-streams.js';
import type { OriginFailure } from '../exchange/contract.js';
import { type DownVerdicts, hasNoAddress, isTunnelAway, isUnreached } from '../exchange/origin-attempts.js';
import type { Deadlines } from '../limits.js';
import {
  clientOf,
  type ProxiedAddresses,
  type ProxyHeaderVersion,
  proxyHeader,
} from '../listeners/proxy-protocol.js';
import { type RecordServices, RequestRecord } from '../telemetry/request-record.js';
import type { DialOrigin } from '../upstream/connection-pool.js';
import type { OriginTarget } from '../upstream/origin-target.js';

/** What every connection to a TCP load balancer shares. */
export interface TcpServices extends RecordServices {
  readonly steering: Steering;
  readonly load: LoadBoard;
  readonly downVerdicts: DownVerdicts;
  readonly passive: PassiveHealth;
  readonly dialOrigin: DialOrigin;
  readonly deadlines: Deadlines;
  readonly joinTimeouts: JoinTimeouts;
  readonly placeOf: (clientIp: string) => Place;
  readonly random: () => number;
  /** Names a connection in the log of requests. */
  readonly nextRay: () => string;
  readonly log: Logger;
}

/** A connection, and who is at its other end: perhaps behind a proxy. */
export interface TcpClient {
  readonly socket: Socket;
  /** Null when it is gone already. */
  readonly addresses: ProxiedAddresses | null;
}

export interface TcpDestination {
  readonly loadBalancer: LiveLoadBalancer;
  /** What origins are told of the client, before its first byte; null tells nothing. */
  readonly sendProxy: ProxyHeaderVersion | null;
}

/**
 * Carries one connection to an origin of the load balancer. There are no sessions, and conditions about HTTP do not hold;
 * an origin that cannot be reached is replaced by another one of its pool, once. A connection that nobody can take is reset.
 */
export function carryConnection(
  { socket: client, addresses }: TcpClient,
  { loadBalancer, sendProxy }: TcpDestination,
  services: TcpServices,
): void {
  const { steering, log } = services;
  const context = contextOf(clientOf(addresses, client).ip, loadBalancer, services);
  const decision = steering.decide(loadBalancer, context);
  const asked = { method: 'TCP', host: loadBalancer.name, target: '' };
  const record = new RequestRecord(services, services.nextRay(), context.clientIp, asked);
  record.steered(loadBalancer, decision.trace);
  let cancelDial: (() => void) | null = null;
  client.once('close', () => {
    if (cancelDial === null) return;
    cancelDial();
    record.end('client_gone');
  });
  if (decision.kind === 'plan') attempt(new Failover(steering, context, inItsPool(decision)));
  else refuse(decision.kind);

  function attempt(failover: Failover): void {
    const { plan } = failover;
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
      host: null,
      key: '',
      endpoint: '',
    };
    let joined: Duplex | null = null;
    const verdict = { originDown };
    services.downVerdicts.follow(pool.id, origin.key, verdict);
    const leave = () => {
      client.off('close', leave);
      services.downVerdicts.unfollow(pool.id, origin.key, verdict);
    };
    client.once('close', leave);
    cancelDial = services.dialOrigin(target, context.clientIp, {
      connected(socket) {
        cancelDial = null;
        joined = socket;
        services.passive.answered(origin.key);
        record.under([...faultsOn(client), ...faultsOn(socket)]);
        record.end(null);
        if (sendProxy !== null && addresses !== null) socket.write(proxyHeader(sendProxy, addresses));
        join(client, socket, pool.id, origin.key, services);
      },
      failed(failure, cause) {
        cancelDial = null;
        leave();
        log.debug({ err: cause, origin: origin.name, failure }, 'a TCP connection to an origin failed');
        record.attemptFailed(failure, cause.message);
        if (isUnreached(failure)) services.passive.failed(origin.key);
        const fault = faultBehind(cause);
        if (fault !== null) record.under([fault]);
        if (moveOn(failover, failure, cause)) attempt(failover);
        else refuse(failure);
      },
    });

    /** A dial goes to another origin; a connection is reset when a new one of this client would go to another origin. */
    function originDown(): void {
      if (joined) {
        if (goesElsewhere(steering.decide(loadBalancer, context), plan)) reset(joined);
        return;
      }
      if (!failover.leave()) return;
      record.attemptFailed('found_down', 'health checks found the origin down during the dial');
      cancelDial?.();
      cancelDial = null;
      leave();
      attempt(failover);
    }
  }

  function reset(origin: Duplex): void {
    log.debug({ loadBalancer: loadBalancer.name }, 'a TCP connection was reset: its origin was found down');
    resetStream(client);
    resetStream(origin);
  }

  function refuse(reason: string): void {
    log.debug({ loadBalancer: loadBalancer.name, reason }, 'a TCP connection was refused');
    record.end(reason);
    client.resetAndDestroy();
  }
}

/** As of a request, but in its pool alone. Nothing was sent, so that another origin may take the connection whatever has failed. */
function moveOn(failover: Failover, failure: OriginFailure, cause: Error): boolean {
  return hasNoAddress(failure) || isTunnelAway(cause) ? failover.leave() : failover.retry();
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

function goesElsewhere(now: Decision, { pool, origin }: Plan): boolean {
  return now.kind === 'plan' && (now.pool.id !== pool.id || now.origin.key !== origin.key);
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

function contextOf(
  clientIp: string,
  { name }: LiveLoadBalancer,
  { placeOf, clock, random }: TcpServices,
): RequestContext {
  const place = placeOf(clientIp);
  return {
    clientIp,
    random,
    now: clock.now(),
    place,
    facts: () => ({ loadBalancer: name, region: place.region, clientIp, http: null, dns: null }),
    sessionSource: null,
  };
}
