import type { OwnResponse } from './requester.js';

interface Checked {
  readonly method: string;
  readonly target: string;
  readonly minorVersion: 0 | 1;
}

/** How a load balancer in front asks whether this proxy is there: a path that is answered whatever host a request names. */
export function isCheck({ method, target }: Checked, healthPath: string | null): boolean {
  if (healthPath === null || (method !== 'GET' && method !== 'HEAD')) return false;
  return target === healthPath || target.startsWith(`${healthPath}?`);
}

/**
 * Checks of HTTP/1.0 may do without a Host: HAProxy's `option httpchk` asks `OPTIONS / HTTP/1.0` when it is told nothing
 * else, and with a path `GET path HTTP/1.0`.
 */
export function isCheckWithoutHost(request: Checked, healthPath: string | null): boolean {
  if (healthPath === null || request.minorVersion !== 0) return false;
  return (request.method === 'OPTIONS' && request.target === '/') || isCheck(request, healthPath);
}

/** While it drains the proxy wants no new clients. */
export function checkAnswer(draining: boolean): OwnResponse {
  return {
    status: draining ? 503 : 200,
    fields: 'Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n',
    body: draining ? 'draining\n' : 'ok\n',
  };
}
