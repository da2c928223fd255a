import type { LiveFixedResponse } from '../../state/snapshot.js';
import { fieldValues } from '../http/fields.js';
import type { RequestHead } from '../http/request-head.js';
import { HeadTooLarge, InvalidStatus, type RefusalStatus } from '../http/syntax.js';
import type { OriginFailure, OwnResponse } from './contract.js';

/** Every reason for which the proxy answers by itself. */
export type EdgeErrorName =
  | OriginFailure
  | 'client_timeout'
  | 'overloaded'
  | 'loop'
  | 'unknown_load_balancer'
  | 'no_pool';

/** What went wrong: the status of the response, the code that the page shows, and one sentence. */
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

/** What the client of a request is told, in the form that it understands best. */
export function errorAnswer(error: EdgeError, ray: string, request: RequestHead): OwnResponse {
  if (request.grpc) return grpcErrorResponse(error, ray);
  return errorResponse(error, ray, fieldValues(request.passedOn, 'accept').join());
}

/** The field that names the request in the client's response, the origin's request and our logs. */
export function rayField(ray: string): string {
  return `CF-Ray: ${ray}\r\n`;
}

/** The forms of an error: the first whose type the request names among those it accepts. */
const FORMS = [
  { accepted: 'text/html', contentType: 'text/html; charset=utf-8', body: html },
  { accepted: 'application/json', contentType: 'application/json', body: json },
] as const;
const TEXT = { contentType: 'text/plain; charset=utf-8', body: text } as const;

/** An error in the form that the client takes: a page for browsers, JSON for who asks for it, text for everybody else. */
function errorBody(
  error: EdgeError,
  ray: string,
  accept: string,
): { readonly contentType: string; readonly body: string } {
  const wanted = accept.toLowerCase();
  const { contentType, body } = FORMS.find(({ accepted }) => wanted.includes(accepted)) ?? TEXT;
  return { contentType, body: body(error, ray) };
}

function text({ code, text: words }: EdgeError, ray: string): string {
  return `error code: ${code}\n${words}\nray: ${ray}\n`;
}

function json({ status, code, text: words }: EdgeError, ray: string): string {
  return `${JSON.stringify({ status, error_code: code, message: words, ray_id: ray })}\n`;
}

function html({ status, code, text: words }: EdgeError, ray: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Error ${code}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}small{color:#666}</style>
</head>
<body>
<h1>Error ${code}</h1>
<p>${escapeHtml(words)}</p>
<p><small>error code: ${code} &middot; status: ${status} &middot; ray: ${escapeHtml(ray)}</small></p>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(words: string): string {
  return words.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** UNAVAILABLE: nobody could serve the call. */
const UNAVAILABLE = 14;

/** An error as gRPC clients understand it: a response of a head alone, whose fields say how the call ended. */
function grpcErrorResponse({ code, text }: EdgeError, ray: string): OwnResponse {
  const message = `error code: ${code}: ${text} (ray: ${ray})`;
  return {
    status: 200,
    fields: `Content-Type: application/grpc\r\ngrpc-status: ${UNAVAILABLE}\r\ngrpc-message: ${message.replaceAll('%', '%25')}\r\n`,
    body: '',
  };
}

/** They never have a body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** What a rule or pool set answers in place of an origin. Without a type the body is text: no browser shall guess. */
export function fixedResponse({
  status,
  contentType,
  location,
  ...response
}: LiveFixedResponse): OwnResponse {
  const body = BODILESS.has(status) ? '' : response.body;
  return {
    status,
    fields:
      (location === '' ? '' : `Location: ${location}\r\n`) +
      (body === '' && contentType === ''
        ? ''
        : `Content-Type: ${contentType || 'text/plain; charset=utf-8'}\r\n`),
    body,
  };
}

/** While it drains the proxy wants no new clients. */
export function checkAnswer(draining: boolean): OwnResponse {
  return {
    status: draining ? 503 : 200,
    fields: 'Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n',
    body: draining ? 'draining\n' : 'ok\n',
  };
}
