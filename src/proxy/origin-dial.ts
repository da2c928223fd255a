import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { setTransport } from '../net/stream-ends.js';
import { DialError, type OffRamps } from '../tunnel/egress/contract.js';
import { type Deadlines, NEVER, type Waiting } from './deadlines.js';
import { failureOfDial, type OriginFailure } from './errors.js';
import type { OriginTarget } from './origin-target.js';

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
