import { STATUS_CODES } from 'node:http';
import { originFields, rawField, whoAnswers } from '../../tunnel/egress/ingress-answer.js';
import { OriginFault } from '../errors.js';
import { everyCharacter, FIELD_VALUE, TOKEN } from '../head/characters.js';
import { HeadTooLarge, Malformed } from '../head/malformed.js';
import { type RequestHead, wantsWebSocket } from '../head/request-head.js';
import type { ResponseHead } from '../head/response-head.js';
import { readHead, responseStatus } from '../http2/session-dialect.js';
import type { HeadLimits } from '../limits.js';

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
