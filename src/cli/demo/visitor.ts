import http from 'node:http';
import { realTime } from '../../net/clock.js';

export interface DemoVisit {
  readonly status: number;
  /** Name of the origin that answered, or null. */
  readonly origin: string | null;
  readonly text: string;
}

/** One request to the load balancer, as a browser would send it: the Host header decides. */
export function visit(traffic: string, host: string, path = '/'): Promise<DemoVisit> {
  const [hostname, port] = traffic.split(/:(?=\d+$)/);
  return new Promise((resolve, reject) => {
    const request = http.get(
      { hostname, port, path, headers: { host }, agent: false, timeout: 10_000 },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            origin: /^(\S+) answered/.exec(text)?.[1] ?? null,
            text,
          });
        });
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer in 10 s')));
    request.on('error', reject);
  });
}

/** Visits until `accept` is content; answers the visits made and the milliseconds it took. Throws after `limitMs`. */
export async function visitUntil(
  look: () => Promise<DemoVisit>,
  accept: (visit: DemoVisit) => boolean,
  limitMs: number,
): Promise<{ visits: readonly DemoVisit[]; ms: number }> {
  const start = realTime.monotonic();
  const visits: DemoVisit[] = [];
  for (;;) {
    const seen = await look();
    visits.push(seen);
    const ms = realTime.monotonic() - start;
    if (accept(seen)) return { visits, ms };
    if (ms > limitMs)
      throw new Error(`after ${Math.round(ms / 1000)} s still: ${seen.status} ${seen.text.trim()}`);
    await realTime.wait(20, { keepsAlive: true });
  }
}
