import type { DialFailure } from '../tunnel/egress/contract.js';
import { errorBody } from './error-page.js';
import { HeadTooLarge, InvalidStatus, type RefusalStatus } from './head/malformed.js';
import type { OwnResponse } from './requester.js';

/** How an attempt at an origin can end without a response. */
export type OriginFailure =
  | 'invalid_response'
  | 'invalid_status'
  | 'response_header_too_large'
  | 'refused'
  | 'connect_timeout'
  | 'unreachable'
  | 'head_timeout'
  | 'tls_handshake'
  | 'tls_certificate'
  | 'unknown_host'
  | 'prohibited'
  | 'no_ingress'
  | 'connector_failed'
  | 'connector_invalid';

/** An attempt has failed in a way that whoever found it can name. */
export class OriginFault extends Error {
  override readonly name = 'OriginFault';
  constructor(
    readonly failure: OriginFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A connector had no answer of the service behind it to pass on. */
export class ConnectorFault extends OriginFault {
  readonly clientId: string;
  constructor({ clientId, name }: { readonly clientId: string; readonly name: string }, message: string) {
    super('connector_failed', `${name}: ${message}`);
    this.clientId = clientId;
  }
}

/** Every reason for which the proxy answers by itself. */
export type EdgeErrorName =
  | OriginFailure
  | 'client_timeout'
  | 'overloaded'
  | 'loop'
  | 'unknown_load_balancer'
  | 'no_pool';

export interface EdgeError {
  readonly status: number;
  /** What the body shows behind `error code:`. */
  readonly code: number;
  readonly text: string;
}

/** One that says more than its name: what was wrong with this request, or with this response of an origin. */
export interface DetailedError extends EdgeError {
  /** In the log of requests. */
  readonly name: OriginFailure | 'malformed_request' | 'request_header_too_large';
}

/** The codes of origin failures are Cloudflare's; 508 with 1000 for a loop is our choice. */
export const EDGE_ERRORS = {
  client_timeout: { status: 408, code: 408, text: 'The request did not arrive completely in time.' },
  overloaded: { status: 503, code: 503, text: 'There are too many connections. Try again later.' },
  loop: { status: 508, code: 1000, text: 'The request has passed here too often: an origin leads back.' },
  invalid_response: {
    status: 520,
    code: 520,
    text: 'The origin ended the connection or did not answer with valid HTTP.',
  },
  invalid_status: {
    status: 502,
    code: 502,
    text: 'The status of the response of the origin is outside of 100 to 599.',
  },
  response_header_too_large: {
    status: 502,
    code: 502,
    text: 'The header of the response of the origin is larger than the limit.',
  },
  refused: {
    status: 521,
    code: 521,
    text: 'The origin refused the connection, or a connector could not connect to it and did not say why.',
  },
  connect_timeout: { status: 522, code: 522, text: 'The origin did not accept the connection in time.' },
  unreachable: { status: 523, code: 523, text: 'There is no way to the origin.' },
  head_timeout: {
    status: 524,
    code: 524,
    text: 'The origin accepted the request but did not answer in time.',
  },
  tls_handshake: { status: 525, code: 525, text: 'The TLS handshake with the origin failed.' },
  tls_certificate: { status: 526, code: 526, text: 'The certificate of the origin is not valid.' },
  unknown_load_balancer: {
    status: 530,
    code: 1001,
    text: 'No enabled load balancer and no published hostname has this name.',
  },
  no_pool: {
    status: 530,
    code: 1016,
    text: 'No pool can take the request and the fallback pool cannot serve.',
  },
  unknown_host: { status: 530, code: 1016, text: 'The host name of the origin does not resolve.' },
  prohibited: {
    status: 530,
    code: 1002,
    text: 'The address of the origin is private or local, and must not be dialled without a virtual network.',
  },
  no_ingress: {
    status: 530,
    code: 1033,
    text: 'The origin is the hostname of a tunnel to which no connector leads.',
  },
  connector_failed: {
    status: 502,
    code: 502,
    text: 'The connector of the tunnel could not get an answer from the service behind it.',
  },
  connector_invalid: {
    status: 502,
    code: 502,
    text: 'The connector of the tunnel did not pass on an answer that can be understood.',
  },
} satisfies Record<EdgeErrorName, EdgeError>;

const FAILURE_OF_DIAL = {
  refused: 'refused',
  timeout: 'connect_timeout',
  unreachable: 'unreachable',
  no_route: 'unreachable',
  no_connection: 'unreachable',
  no_ingress: 'no_ingress',
  unknown_host: 'unknown_host',
  prohibited: 'prohibited',
  // Reset while connecting: nobody took the connection, and nothing was sent yet.
  reset: 'refused',
  other: 'unreachable',
} satisfies Record<DialFailure, OriginFailure>;

/** What a dial that has failed means for a request. Behind ingress rules, a tunnel without connections is error 1033. */
export function failureOfDial(
  failure: DialFailure,
  { tunnelId }: { readonly tunnelId: string | null },
): OriginFailure {
  return tunnelId !== null && failure === 'no_connection' ? 'no_ingress' : FAILURE_OF_DIAL[failure];
}

/** What it means for an attempt that a response could not be read. */
export function failureOfResponse(error: unknown): OriginFailure {
  if (error instanceof OriginFault) return error.failure;
  if (error instanceof InvalidStatus) return 'invalid_status';
  return error instanceof HeadTooLarge ? 'response_header_too_large' : 'invalid_response';
}

/** What the client is told of an attempt that has failed for good: with the number that was wrong, where there is one. */
export function errorOfFailure(failure: OriginFailure, cause: Error): OriginFailure | DetailedError {
  if (!(cause instanceof InvalidStatus || cause instanceof HeadTooLarge)) return failure;
  const { status, code } = EDGE_ERRORS[failure];
  const text = `The response of the origin cannot be passed on: ${cause.message}.`;
  return { status, code, name: failure, text };
}

/** A request that was refused for what it says; `text` tells what would be right, perhaps with a quotation. */
export function refusal(status: RefusalStatus, text: string): DetailedError {
  const name = status === 431 ? 'request_header_too_large' : 'malformed_request';
  return { status, code: status, name, text: `${text.replace(/[^ -~]/g, escaped)}.` };
}

/** What clients send is latin1 here; an answer of ASCII alone is as long in every encoding. */
function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** What the client is told, in a form that it accepts; its head has the ray besides. */
export function errorResponse(error: EdgeError, ray: string, accept = ''): OwnResponse {
  const { contentType, body } = errorBody(error, ray, accept);
  return {
    status: error.status,
    fields:
      `Content-Type: ${contentType}\r\nCache-Control: no-store\r\n` +
      (error.status === 503 ? 'Retry-After: 1\r\n' : ''),
    body,
  };
}
