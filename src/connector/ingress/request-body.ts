import type { ClientRequest } from 'node:http';
import { realTime } from '../../net/real-time.js';
import type { EdgeStream } from '../edge-stream.js';

/**
 * Passes the body on, no faster than the service takes it. A body that is not as long as it was said to be would make a
 * second request out of its rest, so it ends the first one.
 */
export function sendBody(stream: EdgeStream, request: ClientRequest, length: number | 'unknown'): void {
  let left = length === 'unknown' ? Number.POSITIVE_INFINITY : length;
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy(new Error('the body is longer than its content-length'));
    else if (!request.write(chunk)) stream.pause();
  });
  request.on('drain', () => stream.resume());
  stream.once('end', () => {
    if (length !== 'unknown' && left > 0)
      request.destroy(new Error('the body is shorter than its content-length'));
    else request.end();
  });
  stream.resume();
}

/** Milliseconds that a body may take to show itself where there usually is none; Go's HTTP client waits as long. */
const PROBE_MS = 200;

/** Whether a stream that was left open has a body: it ends without one, or bytes come, or neither happens in time. */
export async function streamHasBody(stream: EdgeStream): Promise<boolean> {
  return await new Promise((resolve) => {
    const settle = (answer: boolean) => {
      cancel();
      stream.off('readable', look).off('end', none).off('close', none);
      resolve(answer);
    };
    const none = () => settle(false);
    const look = () => {
      if (stream.readableLength > 0) settle(true);
      // Only who reads hears of the end.
      else stream.read();
    };
    const cancel = realTime.after(PROBE_MS, () => settle(true), { keepsAlive: true });
    stream.on('readable', look).on('end', none).on('close', none);
  });
}

/** Reads a body whole, for services that must be told its length first. Null when it is longer than `limit` bytes. */
export async function collectBody(stream: EdgeStream, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
