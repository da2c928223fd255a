import type { ServingStream } from '../http2/stream.js';

/** Answers a stream that cannot be served, in a way that edges recognise as the connector's own word. */
export function refuse(stream: ServingStream, status: 502 | 503, reason: string): void {
  stream.respond({
    ':status': status,
    'cf-cloudflared-response-meta': '{"src":"cloudflared"}',
    'content-type': 'text/plain',
  });
  stream.end(`${reason}\n`);
}
