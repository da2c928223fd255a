import { closeWhenAnswered, type EdgeStream } from './edge-stream.js';

/**
 * Answers a stream that cannot be served, in a way that edges recognise as the connector's own word. The reason is its body,
 * unless `method` is HEAD.
 */
export function refuse(
  stream: EdgeStream,
  status: 400 | 413 | 502 | 503,
  reason: string,
  method = 'GET',
): void {
  answer(stream, status, '{"src":"cloudflared"}', method === 'HEAD' ? null : reason);
}

/** The origin of a raw TCP stream could not be connected to; `code` is the system's, such as ECONNREFUSED. */
export function refuseDial(stream: EdgeStream, code: string, reason: string): void {
  answer(stream, 502, JSON.stringify({ src: 'cloudflared', dial_error: code }), reason);
}

/** There are as many raw TCP streams as the configuration allows. */
export function refuseFlow(stream: EdgeStream, reason: string): void {
  answer(stream, 502, '{"src":"cloudflared","flow_rate_limited":true}', reason);
}

function answer(stream: EdgeStream, status: number, meta: string, reason: string | null): void {
  if (stream.destroyed || stream.headersSent) return;
  closeWhenAnswered(stream);
  const headers = { ':status': status, 'cf-cloudflared-response-meta': meta, 'content-type': 'text/plain' };
  stream.respond(headers, { endStream: reason === null });
  if (reason !== null) stream.end(`${reason}\n`);
}
