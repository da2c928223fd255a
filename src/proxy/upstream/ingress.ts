import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import { faultsOn } from '../../faults/under-faults.js';
import type { LoadBoard } from '../../state/load-board.js';
import {
  DialError,
  isConnectorField,
  type OffRamps,
  originFields,
  rawField,
  type TunnelRequest,
  whoAnswers,
} from '../../tunnel/egress/contract.js';
import {
  ConnectorFault,
  failureOfDial,
  type OriginFailure,
  OriginFault,
  type UpstreamPool,
} from '../exchange/contract.js';
import { eachField } from '../http/http2-fields.js';
import { type RequestHead, wantsWebSocket } from '../http/request-head.js';
import type { ResponseHead } from '../http/response-head.js';
import { everyCharacter, FIELD_VALUE, HeadTooLarge, Malformed, TOKEN } from '../http/syntax.js';
import type { Deadlines, HeadLimits, ProxyLimits, ProxyTimeouts } from '../limits.js';
import { readHead, responseStatus } from './http2-dialect.js';
import { Http2UpstreamStream } from './http2-stream.js';
import { type OriginRequest, type OriginTarget, originFieldLines } from './origin-target.js';

/** HTTP/2 RST_STREAM. */
const CANCEL = 8;

interface IngressServices {
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
export function createIngressUpstreamPool(services: IngressServices): UpstreamPool {
  const { offramps } = services;
  const open = (target: OriginTarget) => openIngressStream(target, services);
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
    invalidate() {},
  };
}

function openIngressStream(target: OriginTarget, services: IngressServices): Http2UpstreamStream {
  const { limits, timeouts, deadlines, offramps, load, log } = services;
  const { origin, poolId, tunnelId } = target;
  let sent: TunnelRequest | undefined;
  const suspect = () => sent?.suspect();
  // The connector's own connections are not seen here: each request stands for one.
  load.connectionOpened(poolId, origin.key);

  return new Http2UpstreamStream({
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

/**
 * A request as a connector takes it for its ingress rules: names and values in turn, in latin1. A client that names no
 * encodings is spared the connector's own: cloudflared would add gzip, and unpack what comes back.
 */
export function ingressRequestHeaders(request: OriginRequest): readonly string[] {
  const { head, host } = request;
  const headers = [':method', head.method, ':scheme', 'https', ':authority', host, ':path', head.target];
  let namesEncodings = false;
  eachField(originFieldLines(request), (name, value) => {
    // Expectations are answered here: not every connector has an answer to them.
    if (isConnectorField(name) || name === 'expect') return;
    if (name === 'accept-encoding') namesEncodings = true;
    headers.push(name, value);
  });
  if (!namesEncodings) headers.push('accept-encoding', 'identity');
  if (wantsWebSocket(head)) headers.push('cf-cloudflared-proxy-connection-upgrade', 'websocket');
  return headers;
}

/**
 * The head of the response that a connector brings. The fields are those of `cf-cloudflared-response-headers` alone: what
 * stands beside them, such as a guessed Content-Type, is the connector's. Throws an OriginFault: `connector_failed` when
 * the connector speaks for itself, `connector_invalid` when the head cannot be read; HeadTooLarge or InvalidStatus when it
 * can, and the origin's response is none that goes on.
 */
export function readIngressHead(
  raw: readonly string[],
  request: RequestHead,
  limits: HeadLimits,
): ResponseHead {
  try {
    const status = responseStatus(raw);
    // No connector passes an interim response on, and HTTP/2 has no 101.
    if (status < '200') throw new Malformed(400, `the status is ${status}, which ends nothing`);
    const meta = rawField(raw, 'cf-cloudflared-response-meta');
    if (whoAnswers(meta) === 'connector')
      throw new OriginFault('connector_failed', `the connector answered ${status}: ${meta!.slice(0, 100)}`);
    const lines = fieldLines(rawField(raw, 'cf-cloudflared-response-headers') ?? '');
    return withUpgrade(readHead(`${status} ${STATUS_CODES[status] ?? ''}`, lines, limits), request);
  } catch (error) {
    if (error instanceof HeadTooLarge || !(error instanceof Malformed || error instanceof SyntaxError))
      throw error;
    throw new OriginFault('connector_invalid', error.message, { cause: error });
  }
}

/** HTTP/2 has no 101. */
function withUpgrade(head: ResponseHead, request: RequestHead): ResponseHead {
  const upgraded = head.status === 200 && head.upgrade === 'websocket' && head.connectionUpgrade;
  if (upgraded && wantsWebSocket(request)) {
    head.status = 101;
    head.reason = 'Switching Protocols';
  }
  return head;
}

/** Each with its CRLF, and every character checked, so that nothing in them can become a line of its own. */
function fieldLines(serialized: string): string {
  let lines = '';
  for (const [given, value] of originFields(serialized)) {
    // RFC 9112 section 5.1: a blank before the colon is taken out. cloudflared brings it as a part of the name.
    const name = given.replace(/[ \t]+$/, '');
    if (name === '' || !everyCharacter(name, TOKEN) || !everyCharacter(value, FIELD_VALUE))
      throw new Malformed(400, `${JSON.stringify(name.slice(0, 40))} is no field, or its value is none`);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
