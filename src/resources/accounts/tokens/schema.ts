import { z } from 'zod';
import { present } from '../../../api/fields.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { expected, flag, text } from '../../../api/text.js';
import { parseCidr } from '../../../net/addresses.js';

const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
  .refine((value) => /^[12]/.test(value), 'must be in the years 1000 to 2999')
  .transform((value) => new Date(value));

const cidrs = z
  .array(text(64).refine((value) => parseCidr(value) !== null, 'must be a network such as 192.0.2.0/24'))
  .max(100, 'must have at most 100 entries');

/**
 * An object of these members, and of `also`, which messages do not name. Any other is refused: a limit that is spelt wrong and only ignored
 * would leave a token with more rights than its maker thinks. `what` begins the message where no path does.
 */
function exactly<S extends z.ZodRawShape, A extends z.ZodRawShape>(takes: S, also: A, what = '') {
  const known = Object.keys(takes)
    .join(', ')
    .replace(/, (\w+)$/, ' and $1');
  return z.strictObject(
    { ...takes, ...also },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `${what}must not have ${JSON.stringify(issue.keys[0]!.slice(0, 100))}; it takes ${known}`
          : expected('an object')(issue),
    },
  );
}

const addresses = exactly({ in: cidrs.optional(), not_in: cidrs.optional() }, {});

/** `request.ip` is the spelling of cloudflare-go before its version 1 and of older documentation; `request_ip` is the one that is shown. */
const condition = exactly({ request_ip: addresses.optional() }, { 'request.ip': addresses.optional() })
  .refine(
    (both) => both.request_ip === undefined || both['request.ip'] === undefined,
    'must have request_ip or request.ip, not both',
  )
  .transform((both) => present({ request_ip: both.request_ip ?? both['request.ip'] }));

const star = z.literal('*', 'must be "*"');
const MAX_RESOURCES = 300;

const resources = z
  .record(
    z.string().max(200),
    z.union([star, z.record(z.string().max(200), star)], 'must be "*", or an object of zones'),
    {
      error: expected('an object'),
    },
  )
  .refine((value) => Object.keys(value).length > 0, 'must not be empty')
  .refine(
    (value) => Object.keys(value).length <= MAX_RESOURCES,
    `must have at most ${MAX_RESOURCES} entries`,
  );

/** What is shown of a policy or a token and not asked for: clients send back what they have read. */
const ignored = z.unknown().optional();

const policy = exactly(
  {
    effect: z.enum(['allow', 'deny'], 'must be allow or deny'),
    permission_groups: z
      .array(z.object({ id: hexId }), { error: expected('a list') })
      .min(1, 'must not be empty')
      .max(100, 'must have at most 100 entries'),
    resources,
  },
  { id: ignored, name: ignored, meta: ignored },
);

/** Ten thousand tokens are in memory, and each request goes through all of its token's policies. */
const MAX_ENTRIES = 1000;

/** The permissions and resources that a policy names, those inside of accounts too. */
function entriesOf({ permission_groups, resources }: z.output<typeof policy>): number {
  const named = Object.values(resources).map((value) => (value === '*' ? 1 : Object.keys(value).length));
  return named.reduce((sum, count) => sum + count, permission_groups.length);
}

const fields = {
  name: text(120).min(1, 'must not be empty'),
  policies: z
    .array(policy, { error: expected('a list') })
    .min(1, 'must not be empty')
    .max(100, 'must have at most 100 entries')
    .refine(
      (policies) => policies.reduce((sum, one) => sum + entriesOf(one), 0) <= MAX_ENTRIES,
      `must not name more than ${MAX_ENTRIES} permissions and resources in all`,
    ),
  condition: condition.nullish(),
  expires_on: moment.nullish(),
  not_before: moment.nullish(),
  status: z.enum(['active', 'disabled', 'expired'], 'must be active or disabled').nullish(),
};

const shown = {
  ...{ id: ignored, value: ignored, issued_on: ignored, modified_on: ignored, last_used_on: ignored },
  creator_email_at_creation: ignored,
};

/** Of POST and PUT. */
export const tokenBody = exactly(fields, shown, 'a token ');

export const listQuery = z.object({
  direction: z.enum(['asc', 'desc']).optional(),
  include_expired: flag.optional(),
  ...pageQuery(5, 50),
});

export const groupQuery = z.object({ name: text(200).optional(), scope: text(200).optional() });

const time = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC, seconds' });
const status = z.enum(['active', 'disabled', 'expired']);

export const wirePolicy = z.object({
  id: hexId,
  effect: z.enum(['allow', 'deny']),
  permission_groups: z.array(z.object({ id: hexId, name: z.string() })),
  resources: z.record(z.string(), z.union([z.string(), z.record(z.string(), z.string())])),
});

export const token = z
  .object({
    id: hexId,
    name: z.string(),
    status,
    issued_on: time,
    modified_on: time,
    last_used_on: time.optional(),
    not_before: time.optional(),
    expires_on: time.optional(),
    policies: z.array(wirePolicy),
    condition: z
      .object({
        request_ip: z
          .object({ in: z.array(z.string()).optional(), not_in: z.array(z.string()).optional() })
          .optional(),
      })
      .optional(),
    creator_email_at_creation: z
      .string()
      .optional()
      .describe('Of a token of an account, when its maker has told an e-mail address'),
  })
  .meta({ id: 'ApiToken' });

export const createdToken = token.extend({ value: z.string() }).meta({ id: 'CreatedApiToken' });
export const verified = z.object({
  id: hexId,
  status,
  not_before: time.optional(),
  expires_on: time.optional(),
});

export const permissionGroup = z
  .object({
    id: hexId,
    name: z.string(),
    category: z.string(),
    is_selectable: z.boolean(),
    scopes: z.array(z.string()),
  })
  .meta({ id: 'PermissionGroup' });

export type TokenBody = z.output<typeof tokenBody>;
export type ListQuery = z.output<typeof listQuery>;
export type PolicyBody = z.output<typeof policy>;
export type Condition = z.output<typeof condition>;
export type WirePolicy = z.output<typeof wirePolicy>;
export type WireToken = z.output<typeof token>;
