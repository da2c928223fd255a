import { z } from 'zod';
import { decodedFilter, spellings } from '../../../api/doubly-encoded.js';
import { hexId } from '../../../api/identifiers.js';
import { queryList } from '../../../api/query-list.js';
import { flag, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import type { Prisma } from '../../../storage/generated/client.js';
import { bodiesOf, field, required } from '../../_kit/fields.js';
import { existedAt, type Filters, filter, isDeleted, listQueryOf } from '../../_kit/list-filters.js';
import { networkText } from '../routes/fields.js';

export const SUBNET_TYPES = ['cloudflare_source', 'initial_resolved_ip', 'warp'] as const;
export type SubnetType = (typeof SUBNET_TYPES)[number];
export const ADDRESS_FAMILIES = ['v4', 'v6'] as const;
export type AddressFamily = (typeof ADDRESS_FAMILIES)[number];

export const familyParams = z.object({ account_id: hexId, address_family: z.enum(ADDRESS_FAMILIES) });

const network = networkText('CIDR');

export const fields = {
  name: required(text(256).min(1, 'must not be empty'), { nullKeeps: true }),
  network: required(network, { nullKeeps: true }),
  comment: field(text(256), ''),
  is_default_network: field(z.boolean(), false, { column: 'is_default', nullKeeps: true }),
};

export const bodies = bodiesOf(fields);
/** These subnets are the account's one and only of their type and family. */
export const wellKnownBody = bodies.patch.omit({ is_default_network: true });

const isV6 = { network: { contains: ':' } };
export const filters = {
  name: filter(text(256), (name) => ({ name: { in: spellings(name) } })),
  network: filter(text(64).transform(decodedFilter).pipe(network), (network) => ({ network })),
  comment: filter(text(256), (comment) => ({ comment: { in: spellings(comment) } })),
  existed_at: existedAt,
  address_family: filter(z.enum(ADDRESS_FAMILIES), (family) => (family === 'v6' ? isV6 : { NOT: isV6 })),
  is_default_network: filter(flag, (isDefault) => ({ isDefault })),
  is_deleted: isDeleted,
  sort_order: filter(z.enum(['asc', 'desc'])),
  subnet_types: filter(queryList(z.enum(SUBNET_TYPES)), (types) => ({ subnetType: { in: types } })),
} satisfies Filters<Prisma.SubnetWhereInput>;
export const listQuery = listQueryOf(filters);

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

export type CreateBody = z.output<typeof bodies.write>;
export type PatchBody = z.output<typeof bodies.patch>;
export type ListQuery = z.output<typeof listQuery>;
export type WellKnownBody = z.output<typeof wellKnownBody>;
