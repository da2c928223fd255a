import type { Logger } from 'pino';
import { faultsOn } from '../../faults/under-faults.js';
import type { LoadBoard } from '../../state/load-board.js';
import { DialError, type OffRamps, type TunnelRequest } from '../../tunnel/egress/contract.js';
import type { Deadlines } from '../deadlines.js';
import { ConnectorFault, failureOfDial, type OriginFailure, OriginFault } from '../errors.js';
import { Http2Responder } from '../http2/http2-responder.js';
import type { ProxyLimits, ProxyTimeouts } from '../limits.js';
import type { OriginTarget } from '../origin-target.js';
import type { Responders } from '../responder.js';
import { ingressRequestHeaders } from './request-headers.js';
import { readIngressHead } from './response-head.js';

/** HTTP/2 RST_STREAM. */
const CANCEL = 8;

export interface IngressServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly deadlines: Deadlines;
  readonly offramps: Pick<OffRamps, 'select' | 'request' | 'whenBack'>;
  readonly load: LoadBoard;
  readonly log: Logger;
}

/**
 * Requests to origins behind the ingress rules of a tunnel. Each is a stream of its own on one of the tunnel's connections,
 * which are there already, so nothing is ever dialled.
 */
export function createIngressResponders(services: IngressServices): Responders {
  const { offramps } = services;
  const open = (target: OriginTarget) => ingressResponder(target, services);
  return {
    take: (target) => (offramps.select(target.origin).kind === 'ingress' ? open(target) : null),
    dial(target, _clientIp, { connected, failed }) {
      // Outcomes are told after the return: the caller has not got the means to give up before.
      const told = setImmediate(attempt);
      let stopWaiting: (() => void) | null = null;
      function attempt(): void {
        const way = offramps.select(target.origin);
        if (way.kind !== 'none') {
          connected(open(target));
          return;
        }
        stopWaiting = way.awaitedTunnel ? (offramps.whenBack?.(way.awaitedTunnel, attempt) ?? null) : null;
        if (!stopWaiting) failed(failureOfDial(way.failure, target), new DialError(way.failure, way.detail));
      }
      return () => {
        clearImmediate(told);
        stopWaiting?.();
      };
    },
    drop() {},
    renew() {},
  };
}

function ingressResponder(target: OriginTarget, services: IngressServices): Http2Responder {
  const { limits, timeouts, deadlines, offramps, load, log } = services;
  const { origin, poolId, tunnelId } = target;
  let sent: TunnelRequest | undefined;
  const suspect = () => sent?.suspect();
  // The connector's own connections are not seen here: each request stands for one.
  load.connectionOpened(poolId, origin.key);

  return new Http2Responder({
    // The connection has served before: what it refuses may go to another one.
    reused: true,
    deadlines,
    closeMs: timeouts.originConnect,
    continuesAtOnce: true,
    endedUnanswered: 'connector_invalid',
    open(request, endStream, onLost) {
      const { failedConnectors } = request;
      sent = offramps.request(origin, ingressRequestHeaders(request), {
        endStream,
        onLost,
        failedConnectors,
        poolId,
      });
      return sent.stream;
    },
    upgraded: () => sent!.upgraded(),
    failedToOpen: (error): OriginFailure =>
      error instanceof DialError ? failureOfDial(error.failure, target) : 'connector_invalid',
    readHead(raw, { head }) {
      try {
        const response = readIngressHead(raw, head, limits);
        sent?.connectorReached();
        return response;
      } catch (error) {
        if (error instanceof OriginFault && error.failure === 'connector_failed' && sent) {
          sent.connectorFailed(error.message);
          throw new ConnectorFault(sent.connector, error.message);
        }
        if (error instanceof OriginFault && error.failure === 'connector_invalid')
          log.warn(
            { tunnelId, reason: error.message },
            'proxy: the answer of a connector cannot be understood',
          );
        throw error;
      }
    },
    // Calls of gRPC are long, and silent for long.
    silenceMs: ({ grpc }) =>
      grpc
        ? { beforeHead: timeouts.upgradedIdle, inBody: timeouts.upgradedIdle }
        : { beforeHead: timeouts.originHead, inBody: timeouts.bodyIdle },
    suspect,
    faults: () => (sent ? faultsOn(sent.stream) : []),
    breakSession() {
      sent?.stream.close(CANCEL);
      suspect();
    },
    closed: () => load.connectionClosed(poolId, origin.key),
  });
}
