import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { TrafficFaults } from '../../faults/traffic-faults.js';
import { setTransport } from '../../net/stream-ends.js';
import type { LoadBoard } from '../../state/load-board.js';
import { DialError, type OffRamps } from '../../tunnel/egress/contract.js';
import { failureOfDial, type OriginFailure, type UpstreamPool } from '../exchange/contract.js';
import { type Deadlines, NEVER, type Waiting } from '../limits.js';
import { OriginConnection, type OriginServices } from './origin-connection.js';
import { createEndpointIndex, type OriginTarget } from './origin-target.js';

/** `full` encrypts without looking at the certificate, `strict` also verifies it. */
export type OriginTls = 'full' | 'strict';

/** As ALPN spells it. Without TLS nobody asks: the origin is known to speak it. */
export type OriginProtocol = 'http/1.1' | 'h2';

export interface DialOutcome {
  connected(socket: Duplex): void;
  failed(failure: OriginFailure, cause: Error): void;
}

/** Emptied when the outcome is told: the listeners of a dial live as long as its socket, and shall not keep the user. */
interface Waiter {
  outcome: DialOutcome | null;
}

export type DialOrigin = (target: OriginTarget, clientIp: string, outcome: DialOutcome) => () => void;

/**
 * Makes the function that connects to an origin through its off-ramp, with TLS where the target asks for it. That
 * function calls exactly one of the outcomes, unless the function it returns is called first: that one gives up.
 */
export function createOriginDial(
  offramps: Pick<OffRamps, 'dial'>,
  deadlines: Deadlines,
  connectTimeoutMs: number,
  originTls: OriginTls,
  protocol: OriginProtocol,
): DialOrigin {
  // Building one for every connection would cost more than the handshake.
  const secureContext = tls.createSecureContext();

  function dial(target: OriginTarget, clientIp: string, waiter: Waiter): () => void {
    const { origin, port, poolId } = target;
    const lent = protocol === 'http/1.1' && !target.tls;
    const raw = offramps.dial(origin, port, { connectTimeoutMs, clientIp, purpose: 'traffic', poolId, lent });
    let secure: tls.TLSSocket | null = null;
    const waiting: Waiting = {
      deadline: raw.awaited ? NEVER : deadlines.after(connectTimeoutMs),
      deadlineReached: () => {
        fail(secure ? 'tls_handshake' : 'connect_timeout', new Error('timed out'));
      },
    };
    deadlines.watch(waiting);

    function leave(): DialOutcome | null {
      const { outcome } = waiter;
      waiter.outcome = null;
      waiting.deadline = NEVER;
      deadlines.forget(waiting);
      return outcome;
    }
    function fail(failure: OriginFailure, cause: Error): void {
      const outcome = leave();
      if (outcome === null) return;
      (secure ?? raw).destroy();
      raw.destroy();
      outcome.failed(failure, cause);
    }
    function succeed(socket: Duplex): void {
      leave()?.connected(socket);
    }
    function startTls(): void {
      waiting.deadline = deadlines.after(connectTimeoutMs);
      secure = tls.connect({
        socket: raw,
        secureContext,
        ALPNProtocols: [protocol],
        // The handshake always ends; whether the certificate counts is decided after it.
        rejectUnauthorized: false,
        host: target.origin.ip ?? target.origin.address,
        ...(target.serverName === null ? {} : { servername: target.serverName }),
      });
      const socket = secure;
      setTransport(socket, raw);
      raw.on('draining', () => socket.emit('draining'));
      raw.on('connectorDoubtful', (connector: string) => socket.emit('connectorDoubtful', connector));
      socket.once('secureConnect', () => {
        if (protocol === 'h2' && socket.alpnProtocol !== 'h2') {
          fail('tls_handshake', new Error('the origin does not offer HTTP/2'));
        } else if (originTls === 'full' || socket.authorized) succeed(socket);
        else fail('tls_certificate', socket.authorizationError ?? new Error('not authorized'));
      });
      socket.on('error', (error) => fail('tls_handshake', error));
      socket.on('close', () => fail('tls_handshake', new Error('closed during the handshake')));
    }

    raw.once('dialling', () => {
      if (waiter.outcome !== null) waiting.deadline = deadlines.after(connectTimeoutMs);
    });
    raw.once('connect', () => {
      if (waiter.outcome === null) return;
      if (target.tls) startTls();
      else succeed(raw);
    });
    raw.on('error', (error) => {
      if (secure) fail('tls_handshake', error);
      else fail(error instanceof DialError ? failureOfDial(error.failure, target) : 'unreachable', error);
    });
    raw.on('close', () =>
      fail(secure ? 'tls_handshake' : 'unreachable', new Error('closed while connecting')),
    );

    return () => {
      if (!leave()) return;
      secure?.destroy();
      raw.destroy();
    };
  }

  return (target, clientIp, outcome) => dial(target, clientIp, { outcome });
}

/** Each connection counts for the origin that it was made for, until it is closed, whoever uses it. */
export function countConnections(load: LoadBoard, dial: DialOrigin): DialOrigin {
  return (target, clientIp, { connected, failed }) => {
    const { poolId, origin } = target;
    return dial(target, clientIp, {
      connected(socket) {
        load.connectionOpened(poolId, origin.key);
        socket.once('close', () => load.connectionClosed(poolId, origin.key));
        connected(socket);
      },
      failed,
    });
  };
}

/** Connections to origins that wait for the next request. */
interface IdleConnectionPool {
  /** Grows with every `invalidate`; a connection carries the number of its time. */
  readonly generation: number;
  /** The one that rested the shortest: the others may run into their idle timeout. */
  take(key: string): OriginConnection | undefined;
  /**
   * Keeps it, or ends it when it is of an older generation or when its origin has enough of them. When there are too many in
   * all, another one is closed for it.
   */
  put(connection: OriginConnection): void;
  remove(connection: OriginConnection): void;
  /** Closes those that lead to an endpoint. */
  drop(endpoint: string): void;
  /** Closes all, and those in use after their response: the way to an origin may have changed. */
  invalidate(): void;
}

export function createIdleConnectionPool(limitPerOrigin: number, limitTotal: number): IdleConnectionPool {
  /** Never holds an empty stack. */
  const stacks = new Map<string, OriginConnection[]>();
  const endpoints = createEndpointIndex();
  let total = 0;
  let generation = 0;

  function takeOut(key: string, stack: OriginConnection[], index: number): OriginConnection {
    const connection = stack.splice(index, 1)[0]!;
    total -= 1;
    if (stack.length === 0) {
      stacks.delete(key);
      endpoints.remove(connection.target);
    }
    return connection;
  }

  /** Closes the connection that has rested longest at one origin, to make room for one that was just used. */
  function makeRoom(): void {
    const [oldest] = stacks;
    if (oldest) takeOut(...oldest, 0).end();
  }

  return {
    get generation() {
      return generation;
    },
    take(key) {
      const stack = stacks.get(key);
      return stack && takeOut(key, stack, stack.length - 1);
    },
    put(connection) {
      const { key } = connection.target;
      if (connection.generation !== generation || (stacks.get(key)?.length ?? 0) >= limitPerOrigin) {
        connection.end();
        return;
      }
      if (total >= limitTotal) makeRoom();
      const stack = stacks.get(key);
      if (stack) stack.push(connection);
      else {
        stacks.set(key, [connection]);
        endpoints.add(connection.target);
      }
      total += 1;
    },
    remove(connection) {
      const { key } = connection.target;
      const stack = stacks.get(key);
      const index = stack ? stack.indexOf(connection) : -1;
      if (stack && index >= 0) takeOut(key, stack, index);
    },
    drop(endpoint) {
      for (const key of endpoints.keysOf(endpoint)) {
        const stack = stacks.get(key)!;
        while (stack.length > 0) takeOut(key, stack, stack.length - 1).destroy();
      }
    },
    invalidate() {
      generation += 1;
      total = 0;
      const closing = [...stacks.values()].flat();
      stacks.clear();
      endpoints.clear();
      for (const connection of closing) connection.end();
    },
  };
}

interface Http1UpstreamPoolOptions extends OriginServices {
  readonly idle: IdleConnectionPool;
}

/** Connections for one request at a time, kept while they rest. */
export function createHttp1UpstreamPool(
  services: Http1UpstreamPoolOptions,
  dialOrigin: DialOrigin,
): UpstreamPool {
  const { idle } = services;
  return {
    take: (target) => idle.take(target.key) ?? null,
    dial(target, clientIp, { connected, failed }) {
      const { generation } = idle;
      return dialOrigin(target, clientIp, {
        connected: (socket) => connected(new OriginConnection(socket, target, generation, services)),
        failed,
      });
    },
    drop: idle.drop,
    invalidate: idle.invalidate,
  };
}

/**
 * Connections may serve every pool that has the origin. While a fault is set for one of these pools, that one has connections of its
 * own: under the fault, and nobody else's.
 */
export function poolsApart(
  upstreams: UpstreamPool,
  faults: Pick<TrafficFaults, 'noneForOrigins' | 'isOnPool'> | null,
): UpstreamPool {
  if (faults === null) return upstreams;
  const apart = (target: OriginTarget): OriginTarget => {
    if (faults.noneForOrigins || !faults.isOnPool(target.poolId)) return target;
    return { ...target, key: `${target.key} pool ${target.poolId}` };
  };
  return {
    ...upstreams,
    take: (target) => upstreams.take(apart(target)),
    dial: (target, clientIp, outcome) => upstreams.dial(apart(target), clientIp, outcome),
  };
}
