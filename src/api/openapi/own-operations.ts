import type { Operation, Response, Schema } from './document.js';

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const whole: Schema = { type: 'integer' };
const part: Schema = { type: 'number', minimum: 0, maximum: 1 };
const moment: Schema = { type: 'string', format: 'date-time' };
const orNull = (schema: Schema): Schema => ({ ...schema, nullable: true });
const list = (items: Schema): Schema => ({ type: 'array', items });
const map = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
/** Everything in it is always there. */
const object = (properties: Record<string, Schema>): Schema => {
  const required = Object.keys(properties);
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
};

const address = object({ host: text, port: whole });
const named = object({ id: text, name: text });
const decision = object({
  pool_set: orNull(text),
  rules: list(text),
  policy: text,
  candidates: list(text),
  skipped: list(object({ pool_id: text, reason: text })),
  pin: text,
});

const health = object({
  status: text,
  version: text,
  database: { type: 'string', enum: ['ok', 'unavailable'] },
  services: object({
    edge: address,
    edge_ca: text,
    stand_in: orNull(object({ host: text, port: whole, ca_bundle: text })),
    http: address,
    https: address,
    dns: address,
  }),
});

const onRamps = object({
  http: address,
  https: address,
  dns: address,
  tcp: list(object({ load_balancer: text, host: text, port: whole })),
  private: list(
    object({ id: text, account_id: text, load_balancer: text, url: orNull(text), error: orNull(text) }),
  ),
});

const request: Record<string, Schema> = {
  ray: text,
  at: moment,
  duration_ms: { type: 'number' },
  first_byte_ms: orNull({ type: 'number' }),
  response_bytes: orNull(whole),
  client_ip: text,
  method: text,
  host: text,
  path: text,
  status: orNull(whole),
  error: orNull(text),
  detail: orNull(text),
  load_balancer: orNull(named),
  published_hostname: orNull(named),
  pool: orNull(named),
  origin: orNull(object({ name: text, address: text })),
  off_ramp: orNull(object({ kind: text, tunnel_id: orNull(text) })),
  failed_attempts: list(object({ pool: text, origin: text, failure: text, detail: text })),
  faults: list(text),
  decision: orNull(decision),
};
const requests = object({
  count: whole,
  requests: list(object(request)),
  nearest: list(object({ differs: list(text), ...request })),
});

const call: Record<string, Schema> = {
  at: moment,
  duration_ms: { type: 'number' },
  client_ip: text,
  ray: text,
  credential: orNull(text),
  method: text,
  path: text,
  query: text,
  operation: orNull(text),
  status: whole,
  errors: list(object({ code: whole, message: text })),
  body: {},
};
const calls = object({
  count: whole,
  requests: list(object(call)),
  nearest: list(object({ differs: list(text), ...call })),
});

const pool = object({
  id: text,
  name: orNull(text),
  state: text,
  share: part,
  origins: list(
    object({
      name: text,
      address: text,
      eligible: flag,
      reason: orNull(text),
      health: orNull(text),
      detail: orNull(text),
      weight: { type: 'number' },
      share: part,
    }),
  ),
});

const explanation = object({
  outcome: { type: 'string', enum: ['origin', 'fixed_response', 'error'] },
  host: text,
  client_ip: text,
  place: map({}),
  load_balancer: orNull(object({ id: text, name: text, proxied: flag })),
  published_hostname: orNull(named),
  decision: orNull(decision),
  affinity: orNull(text),
  candidates: list(pool),
  fallback: orNull(pool),
  chosen: orNull(
    object({
      pool: orNull(named),
      origin: object({ name: text, address: text, port: whole }),
      via_fallback: flag,
      pinned: flag,
      starts_session: flag,
      way: object({
        kind: text,
        tunnel: orNull(named),
        route: orNull(object({ id: text, network: text })),
        detail: orNull(text),
        avoided: list(object({ client_id: text, reason: text })),
      }),
      faults: list(text),
    }),
  ),
  fixed_response: orNull(object({ status: whole, location: text })),
  error: orNull(object({ status: whole, code: whole, text })),
  connectors: list(object({ client_id: text, connections: whole })),
});

const envelope = (result: Schema): Schema =>
  object({
    success: flag,
    errors: list(object({ code: whole, message: text })),
    messages: list(object({ code: whole, message: text })),
    result,
  });

/** What only some kinds of faults have. */
const ofSomeFaults: Record<string, Schema> = {
  address: orNull(text),
  region: orNull(text),
  pool_id: orNull(text),
  reason: orNull(text),
  latency_ms: whole,
  port: orNull(whole),
  tunnel_id: orNull(text),
  client: orNull(text),
  direction: { type: 'string', enum: ['upstream', 'downstream', 'both'] },
  share: part,
  jitter_ms: whole,
  bytes_per_second: orNull(whole),
  close_after_bytes: orNull(whole),
  reset: flag,
  black_hole: flag,
  after_bytes: orNull(whole),
  slow_close_ms: whole,
  method: orNull(text),
  path: orNull(text),
  status: orNull(whole),
  retry_after_seconds: orNull(whole),
  delay_ms: whole,
  one_in: whole,
};
const ofEachFault: Record<string, Schema> = {
  name: text,
  on: { type: 'string', enum: ['health', 'traffic', 'api'] },
  hits: whole,
  expires_at: orNull(moment),
};
const fault: Schema = {
  type: 'object',
  properties: { ...ofEachFault, ...ofSomeFaults },
  required: Object.keys(ofEachFault),
};
const faults = envelope(object({ faults: list(fault) }));

const clock = envelope(object({ now: moment, stopped: flag, offset_ms: whole }));

const begun = envelope(object({ account_id: text, zone_id: text, domain: text }));

const snapshot = object({
  offramp_snapshot: whole,
  version: text,
  schema: text,
  sha256: text,
  tables: map(list({ type: 'object' })),
});

interface Own {
  readonly summary: string;
  readonly answer: Schema;
  /** Other than JSON. */
  readonly type?: string;
  /** Who may do it: everybody, every token of any kind, or those that were not made through the API. */
  readonly open?: 'everybody' | 'every token';
}

/** What Offramp serves below `/_offramp`, beside what the routes themselves say of it. */
const OWN: Readonly<Record<string, Own>> = {
  'GET /_offramp/health': { summary: 'Tell whether it is well', answer: health, open: 'everybody' },
  'GET /_offramp/ready': {
    summary: 'Tell whether to send work here; 503 when not',
    answer: object({ ready: flag, reason: orNull(text) }),
    open: 'everybody',
  },
  'GET /_offramp/ca.pem': {
    summary: 'Get the certificates that connectors and clients trust',
    answer: text,
    type: 'application/x-pem-file',
    open: 'everybody',
  },
  'GET /_offramp/openapi.json': {
    summary: 'Get this document',
    answer: { type: 'object' },
    open: 'every token',
  },
  'GET /_offramp/on-ramps': { summary: 'List every way in for traffic', answer: onRamps },
  'GET /_offramp/requests': { summary: 'List the last requests, newest first', answer: requests },
  'DELETE /_offramp/requests': {
    summary: 'Forget all requests',
    answer: envelope(object({})),
  },
  'GET /_offramp/api-requests': {
    summary: 'List what the API was asked last, newest first, and why it has refused',
    answer: calls,
  },
  'DELETE /_offramp/api-requests': {
    summary: 'Forget what the API was asked',
    answer: envelope(object({})),
  },
  'GET /_offramp/explain': {
    summary: 'Tell where a request would go, and why, without sending it',
    answer: explanation,
  },
  'GET /_offramp/clock': { summary: 'Tell what time it is for the rules', answer: clock },
  'POST /_offramp/clock': { summary: 'Stop, set, advance or start the clock', answer: clock },
  'DELETE /_offramp/clock': { summary: 'Put the clock back to real time', answer: clock },
  'GET /_offramp/faults': { summary: 'List the faults that are set', answer: faults },
  'POST /_offramp/faults': { summary: 'Set one more fault', answer: envelope(fault) },
  'PUT /_offramp/faults': { summary: 'Replace all faults', answer: faults },
  'DELETE /_offramp/faults': { summary: 'Remove a fault, or all', answer: faults },
  'POST /_offramp/reset': {
    summary: 'Put everything back to how the first start has left it',
    answer: begun,
  },
  'GET /_offramp/seed': {
    summary: 'Get what is stored as a seed',
    answer: object({ accounts: list({ type: 'object' }) }),
  },
  'POST /_offramp/seed': {
    summary: 'Make what a seed has, in YAML or JSON: all of it or nothing',
    answer: envelope(object({ made: list({ type: 'object', properties: { id: text }, required: ['id'] }) })),
  },
  'GET /_offramp/snapshot': { summary: 'Get everything that is stored, with secrets', answer: snapshot },
  'PUT /_offramp/snapshot': { summary: 'Put everything back that a snapshot holds', answer: begun },
};

/** The operation with what is known of it, when it is one of ours. */
export function withOwn(operation: Operation, key: string): Operation {
  const own = OWN[key];
  if (!own) return operation;
  const failed: Response = { description: 'It is not done.' };
  return {
    ...operation,
    summary: own.summary,
    tags: ['Offramp'],
    ...(own.open === 'everybody' && { security: [] }),
    ...(own.open === 'every token' && { description: 'Any token will do.' }),
    responses: {
      200: { description: '', content: { [own.type ?? 'application/json']: { schema: own.answer } } },
      400: failed,
    },
  };
}
