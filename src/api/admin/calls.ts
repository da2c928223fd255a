import { z } from 'zod';
import type { ApiCall, CallFilter, CallLog } from '../call-log.js';
import { ok } from '../envelope.js';
import type { Http } from '../http.js';
import { moment } from '../timestamps.js';
import { words } from './query.js';
import { snakeName } from './snake-case.js';
import type { Await } from './waiting.js';
import { USUAL_LIMIT, USUAL_TIMEOUT_MS, whole } from './whole.js';

const PATH = '/_offramp/api-requests';
/** What the log holds. */
const MAX_WAITED_FOR = 2_000;

const query = z.strictObject({
  method: words.optional(),
  path: z.string().min(1, 'must not be empty').max(1024, 'must be at most 1024 characters').optional(),
  operation: words.optional(),
  status: whole(100, 599).optional(),
  refused: z.enum(['true', 'false'], 'must be true or false').optional(),
  ray: words.optional(),
  since: moment.optional(),
  limit: whole(0, 1000).optional(),
  wait: whole(0, MAX_WAITED_FOR).optional(),
  timeout_ms: whole(0, 60_000).optional(),
});

/** `/_offramp/api-requests`: what the API was asked last, newest first, and why it has refused. See docs/test-control.md. */
export function callRoutes(app: Http, calls: CallLog, awaitFitting: Await): void {
  app.get(PATH, { schema: { hide: true, querystring: query } }, async ({ query: asked, raw }) => {
    const filter = filterOf(asked);
    const { wait: wanted = 0, timeout_ms: timeoutMs = USUAL_TIMEOUT_MS } = asked;
    const look = async (after: number) => {
      const { added, cleared } = calls;
      return { count: calls.count(filter, after), added, cleared };
    };
    if (wanted > 0) await awaitFitting(look, { wanted, timeoutMs, socket: raw.socket });
    const count = calls.count(filter);
    const nearest = count === 0 ? calls.nearest(filter) : [];
    return {
      count,
      requests: calls.find(filter, asked.limit ?? USUAL_LIMIT).map(toWire),
      nearest: nearest.map(({ value, differs }) => ({ differs: differs.map(snakeName), ...toWire(value) })),
    };
  });

  app.delete(PATH, { schema: { hide: true } }, async () => {
    calls.clear();
    return ok({});
  });
}

const filterOf = (asked: z.output<typeof query>): CallFilter => ({
  method: asked.method?.toUpperCase() ?? null,
  path: asked.path?.replace(/^\/client\/v4(?=\/)/, '') ?? null,
  operation: asked.operation ?? null,
  status: asked.status ?? null,
  refused: asked.refused === undefined ? null : asked.refused === 'true',
  ray: asked.ray ?? null,
  since: asked.since?.getTime() ?? null,
});

const toWire = ({ at, durationMs, clientIp, query, body, ...call }: ApiCall) => ({
  at: new Date(at).toISOString(),
  duration_ms: durationMs,
  client_ip: clientIp,
  ...call,
  query: queryWithoutSecrets(query),
  body: withoutSecrets(body),
});

const SECRET = /^(tunnel_secret|psk|secret|token|password|authorization|cookie)$/i;
const LEFT_OUT = '[left out]';

/** A text as a whole may be JSON with one. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string' && /tunnel_secret|psk/i.test(value)) return LEFT_OUT;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      SECRET.test(name) && member !== null ? LEFT_OUT : withoutSecrets(member),
    ]),
  );
}

/** No operation takes one there, and clients err. */
const queryWithoutSecrets = (query: string) =>
  query
    .split('&')
    .map((pair) => (SECRET.test(pair.split('=', 1)[0]!) ? `${pair.split('=', 1)[0]}=${LEFT_OUT}` : pair))
    .join('&');
