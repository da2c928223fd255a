import { isConnectorField } from '../../tunnel/egress/ingress-answer.js';
import { originFieldLines } from '../forward-headers.js';
import { wantsWebSocket } from '../head/request-head.js';
import { eachField } from '../http2/field-lines.js';
import type { OriginRequest } from '../responder.js';

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
