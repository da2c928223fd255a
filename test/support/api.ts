import { judge } from './faithful.js';
import type { RunningOfframp } from './offramp.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
  /** Method and path, without the query. */
  readonly asked: readonly [method: string, path: string];
}

export interface Api {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  put(path: string, body: unknown): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  delete(path: string): Promise<Answer>;
  /** Like `post`, and throws with the answer unless it is 200; gives `result`. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  create(path: string, body: unknown): Promise<any>;
}

/**
 * A client of the API; paths starting with `@` are below the first account, with `%` below the zone. Every answer is
 * compared with Cloudflare's own description.
 */
export function apiOf(
  offramp: Pick<RunningOfframp, 'apiUrl' | 'accountId' | 'zoneId'>,
  token = 'test-token',
): Api {
  const urlOf = (path: string) =>
    offramp.apiUrl +
    path.replace(/^@/, `/accounts/${offramp.accountId}`).replace(/^%/, `/zones/${offramp.zoneId}`);
  const call: Api['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(urlOf(path), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = text ? JSON.parse(text) : undefined;
    const { status, headers: answered } = response;
    const asked = [method, new URL(response.url).pathname.replace(/^\/client\/v4/, '')] as const;
    // What a test has asked for is no mistake of the API's.
    if (!answered.has('offramp-fault')) judge(...asked, status, answer);
    return { status, headers: answered, body: answer, asked };
  };
  return {
    call,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path) => call('DELETE', path),
    async create(path, body) {
      const answer = await call('POST', path, body);
      if (answer.status !== 200)
        throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body.result;
    },
  };
}
