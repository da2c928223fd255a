import type { OutgoingHttpHeaders } from 'node:http2';
import { isConnectorField } from '../../offramps/ingress-answer.js';
import { wantsWebSocket } from '../head/request-head.js';
import { headersFrom } from '../http2/field-lines.js';
import type { OriginRequest } from '../responder.js';

/**
 * A request as a connector takes it for its ingress rules: in plain HTTP/2 headers. A client that names no encodings is
 * spared the connector's own: cloudflared would add gzip, and unpack what comes back.
 */
export function ingressRequestHeaders(request: OriginRequest): OutgoingHttpHeaders {
  const { head, host, fields } = request;
  const headers = headersFrom(fields, asItIs);
  for (const name of Object.keys(headers)) if (isConnectorField(name)) delete headers[name];
  // Answered here: not every connector has an answer to it.
  delete headers.expect;
  headers['accept-encoding'] ??= 'identity';
  if (wantsWebSocket(head)) headers['cf-cloudflared-proxy-connection-upgrade'] = 'websocket';
  headers[':method'] = head.method;
  headers[':scheme'] = 'https';
  headers[':authority'] = host;
  headers[':path'] = head.target;
  return headers;
}

/** The wire to connectors carries latin1. */
const asItIs = (value: string): string => value;
