import { z } from 'zod';
import { MAX_FAULTS } from '../../../bridge/faults.js';
import { parseCidr, parseIp } from '../../../net/addresses.js';
import { canonicalHost, inAscii, isHostname } from '../../../net/hostnames.js';
import { REGION_CODES } from '../../../resources/index.js';
import { FAILURES } from '../../../state/health-board.js';
import { hexId, uuid } from '../../identifiers.js';
import { expected, integer, text } from '../../text.js';

/** What clients may say of a fault: three kinds, told apart by `on`. */

const MAX_MS = 60_000;
const A_DAY = 86_400;

const ms = integer(0, MAX_MS).nullish();
const yes = z.boolean('must be true or false').nullish();

const common = {
  name: text(64)
    .regex(/^[\w.:-]+$/, 'must be letters, digits and any of . _ : -')
    .nullish(),
  seconds: integer(1, A_DAY).nullish(),
};

/** Of an origin. */
const address = text(255).refine(
  (value) => parseIp(value) !== null || isHostname(canonicalHost(inAscii(value))),
  'must be an IP address or a host name',
);

const health = z
  .strictObject({
    ...common,
    on: z.literal('health'),
    address,
    region: z.enum(REGION_CODES, `must be one of ${REGION_CODES.join(', ')}`).nullish(),
    pool_id: hexId.nullish(),
    reason: z.enum(FAILURES, `must be one of ${FAILURES.join(', ')}`).nullish(),
    latency_ms: ms,
  })
  .refine(({ reason, latency_ms }) => (reason ?? null) !== null || (latency_ms ?? 0) > 0, {
    message: 'needs a reason, or a latency_ms above 0',
  });

const network = text(64)
  .refine((value) => parseCidr(value) !== null, 'must be an IP address, or a network such as 10.0.0.0/8')
  .nullish();

const traffic = z
  .strictObject({
    ...common,
    on: z.literal('traffic'),
    address: address.nullish(),
    port: integer(1, 65_535).nullish(),
    pool_id: hexId.nullish(),
    tunnel_id: uuid.nullish(),
    client: network,
    direction: z.enum(['upstream', 'downstream', 'both'], 'must be upstream, downstream or both').nullish(),
    share: z.number('must be a number').gt(0, 'must be above 0').max(1, 'must be at most 1').nullish(),
    latency_ms: ms,
    jitter_ms: ms,
    bytes_per_second: integer(1, 1_000_000_000).nullish(),
    close_after_bytes: integer(0, Number.MAX_SAFE_INTEGER).nullish(),
    reset: yes,
    black_hole: yes,
    after_bytes: integer(0, Number.MAX_SAFE_INTEGER).nullish(),
    slow_close_ms: ms,
  })
  .superRefine((fault, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const { address, port, pool_id, tunnel_id, client } = fault;
    const targets = count(address, pool_id, tunnel_id, client);
    if (targets !== 1)
      refuse(
        `needs one of address, pool_id, tunnel_id and client, to say whose bytes it is on; has ${targets}`,
      );
    if (count(port) > 0 && count(address) === 0) refuse('port goes with an address');
    const { close_after_bytes, reset, black_hole, after_bytes } = fault;
    const cuts = count(close_after_bytes, reset || null, black_hole || null);
    if (cuts > 1) refuse('can have one of close_after_bytes, reset and black_hole, not several');
    if (count(after_bytes) > 0 && !reset && !black_hole)
      refuse('after_bytes says when reset or black_hole begins, and there is neither');
    const { latency_ms, jitter_ms, bytes_per_second, slow_close_ms } = fault;
    const does = count(latency_ms || null, jitter_ms || null, bytes_per_second, slow_close_ms || null);
    if (cuts + does === 0)
      refuse(
        'does nothing: needs a latency_ms, jitter_ms or slow_close_ms above 0, bytes_per_second, close_after_bytes, reset or black_hole',
      );
  });

const count = (...values: readonly unknown[]) =>
  values.filter((value) => value !== null && value !== undefined).length;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const STATUSES = 'must be 403, 429, or from 500 to 599';

const api = z
  .strictObject({
    ...common,
    on: z.literal('api'),
    method: z.enum(METHODS, `must be one of ${METHODS.join(', ')}`).nullish(),
    path: text(255)
      .refine(
        isPattern,
        'must begin with /; * stands for one whole segment, and ** at the end for any number of them',
      )
      .nullish(),
    status: z
      .int(STATUSES)
      .refine((status) => status === 403 || status === 429 || (status >= 500 && status <= 599), STATUSES)
      .nullish(),
    retry_after_seconds: integer(0, A_DAY).nullish(),
    delay_ms: ms,
    one_in: integer(1, 1_000_000).nullish(),
  })
  .superRefine(({ status, delay_ms, retry_after_seconds }, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    if (count(status) === 0 && !delay_ms) refuse('does nothing: needs a status, or a delay_ms above 0');
    if (count(retry_after_seconds) > 0 && count(status) === 0)
      refuse('retry_after_seconds goes with a status');
  });

function isPattern(path: string): boolean {
  if (!path.startsWith('/') || /[?#]/.test(path)) return false;
  const segments = path.split('/');
  return segments.every(
    (segment, index) =>
      !segment.includes('*') || segment === '*' || (segment === '**' && index === segments.length - 1),
  );
}

/** Those without a word about it are on what health checks see, as they were before there were others. */
const onHealth = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !('on' in value)
    ? { on: 'health', ...value }
    : value;

export const faultBody = z.preprocess(
  onHealth,
  z.discriminatedUnion('on', [health, traffic, api], {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'must be health, traffic or api' : expected('an object')(issue),
  }),
);

export const faultsBody = z.strictObject({
  faults: z.array(faultBody).max(MAX_FAULTS, `must have at most ${MAX_FAULTS} entries`),
});

export type FaultBody = z.output<typeof faultBody>;
export type HealthFaultBody = z.output<typeof health>;
export type TrafficFaultBody = z.output<typeof traffic>;
export type ApiFaultBody = z.output<typeof api>;
