import { z } from 'zod';
import { decodedFilter } from '../../../api/doubly-encoded.js';
import { hexId } from '../../../api/identifiers.js';
import { pageQuery } from '../../../api/pagination.js';
import { queryList } from '../../../api/query-list.js';
import { flag, text } from '../../../api/text.js';
import { moment, timestampSchema } from '../../../api/timestamps.js';
import { parseCidr } from '../../../net/cidr.js';

export const SUBNET_TYPES = ['cloudflare_source', 'initial_resolved_ip', 'warp'] as const;
export type SubnetType = (typeof SUBNET_TYPES)[number];
export const ADDRESS_FAMILIES = ['v4', 'v6'] as const;
export type AddressFamily = (typeof ADDRESS_FAMILIES)[number];

export const accountParams = z.object({ account_id: hexId });
export const familyParams = accountParams.extend({ address_family: z.enum(ADDRESS_FAMILIES) });

/** Comes out canonical. */
const network = text(64).transform((value, context) => {
  const cidr = parseCidr(value);
  if (cidr && !cidr.hadHostBits) return cidr.text;
  const message = cidr
    ? `"${value}" has bits set right of its prefix; did you mean ${cidr.text}?`
    : `has an invalid address "${value}"; it must be CIDR such as 10.0.0.0/8 or 2001:db8::/32`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const name = text(256).min(1, 'must not be empty');
const comment = text(256);

export const createBody = z.object({
  name,
  network,
  comment: comment.nullish(),
  is_default_network: z.boolean().nullish(),
});
export const patchBody = z.object({
  name: name.nullish(),
  network: network.nullish(),
  comment: comment.nullish(),
  is_default_network: z.boolean().nullish(),
});
/** These subnets are the account's one and only of their type and family. */
export const wellKnownBody = patchBody.omit({ is_default_network: true });

export const listQuery = z.object({
  name: text(256).optional(),
  network: text(64).transform(decodedFilter).pipe(network).optional(),
  comment: text(256).optional(),
  existed_at: moment.optional(),
  address_family: z.enum(ADDRESS_FAMILIES).optional(),
  is_default_network: flag.optional(),
  is_deleted: flag.optional(),
  sort_order: z.enum(['asc', 'desc']).optional(),
  subnet_types: queryList(z.enum(SUBNET_TYPES)).optional(),
  ...pageQuery(),
});

export const subnet = z
  .object({
    id: z.uuid(),
    name: z.string(),
    network: z.string(),
    comment: z.string(),
    is_default_network: z.boolean(),
    subnet_type: z.enum(SUBNET_TYPES),
    capacity: z.object({ total: z.int(), used: z.int() }),
    created_at: timestampSchema,
    deleted_at: timestampSchema.nullable(),
  })
  .meta({ id: 'Subnet' });

export type CreateBody = z.output<typeof createBody>;
export type PatchBody = z.output<typeof patchBody>;
export type WellKnownBody = z.output<typeof wellKnownBody>;
export type ListQuery = z.output<typeof listQuery>;
export type WireSubnet = z.output<typeof subnet>;
