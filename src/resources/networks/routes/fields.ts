import { z } from 'zod';
import { decodedFilter } from '../../../api/doubly-encoded.js';
import { uuid } from '../../../api/identifiers.js';
import { flag, text } from '../../../api/text.js';
import { timestampSchema } from '../../../api/timestamps.js';
import { parseCidr } from '../../../net/addresses.js';
import { bodiesOf, field, required, unset } from '../../_kit/fields.js';
import { accountParams } from '../../_kit/operations.js';
import { storedType, tunnelType } from '../../tunnels/tunnel-shape.js';

const FORMS = 'an IP address or CIDR';

/** The canonical text of a network to store, or what is wrong with it. A bare address is its /32 or /128. */
export function readNetwork(text: string, forms = FORMS): { network: string } | { complaint: string } {
  const cidr = parseCidr(text);
  if (!cidr) return { complaint: invalidAddress(text, forms) };
  if (cidr.hadHostBits)
    return { complaint: `"${text}" has bits set right of its prefix; did you mean ${cidr.text}?` };
  return { network: cidr.text };
}

function invalidAddress(text: string, forms: string): string {
  const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
  return `has an invalid address "${shown}"; it must be ${forms} such as 10.0.0.0/8 or 2001:db8::/32`;
}

/** Comes out canonical. `forms` is what a mistake is answered with: `an IP address or CIDR`. */
export const networkText = (forms: string) =>
  text(64).transform((value, context) => {
    const read = readNetwork(value, forms);
    if ('network' in read) return read.network;
    context.addIssue({ code: 'custom', message: read.complaint });
    return z.NEVER;
  });

/** May name any address in the network. */
export const networkFilter = text(64).transform((value, context) => {
  const filter = parseCidr(decodedFilter(value));
  if (filter) return filter.text;
  context.addIssue({ code: 'custom', message: invalidAddress(value, FORMS) });
  return z.NEVER;
});

export const comment = text(100);

/** These two are read by the rules, so that a mistake is told as one and not as a missing path. */
export const ipParams = accountParams.extend({ ip: z.string() });
export const networkParams = accountParams.extend({ ip_network_encoded: z.string() });

export const fields = {
  network: required(networkText(FORMS)),
  tunnel_id: required(uuid),
  comment: field(comment, ''),
  /** Null: the default one, whose id is stored then. */
  virtual_network_id: unset(uuid),
};

export const bodies = bodiesOf(fields);
export const createByNetworkBody = bodies.write.omit({ network: true });
/** Clients send no body at all, or one in which `virtual_network_id` says where the route is. */
export const patchByNetworkBody = bodies.patch.nullish();

export const ipQuery = z.object({
  virtual_network_id: uuid.optional(),
  default_virtual_network_fallback: flag.optional(),
});

export const deleteByNetworkQuery = z.object({
  virtual_network_id: uuid.optional(),
  tun_type: tunnelType.optional(),
  tunnel_id: uuid.optional(),
});

const shape = z.object({
  id: z.uuid(),
  network: z.string(),
  tunnel_id: z.uuid(),
  virtual_network_id: z.uuid(),
  comment: z.string(),
  created_at: timestampSchema,
  deleted_at: timestampSchema.nullable(),
});
export const route = shape.meta({ id: 'NetworkRoute' });

/** A route with the names of what it leads to. */
export const namedRoute = shape
  .extend({
    tun_type: storedType,
    tunnel_name: z.string(),
    virtual_network_name: z.string(),
  })
  .meta({ id: 'NamedNetworkRoute' });

/** cloudflared tells "no route" by an object without members. */
export const routeOrNone = z.union([namedRoute, z.strictObject({})]);

export type CreateBody = z.output<typeof bodies.write>;
export type PatchBody = z.output<typeof bodies.patch>;
export type IpQuery = z.output<typeof ipQuery>;
export type DeleteByNetworkQuery = z.output<typeof deleteByNetworkQuery>;
