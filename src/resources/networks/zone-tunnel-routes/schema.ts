import { z } from 'zod';
import { hexId, uuid } from '../../../api/identifiers.js';
import { text } from '../../../api/text.js';

export const params = z.object({ zone_id: hexId, tunnel_id: uuid });

const name = text(255).min(1, 'must not be empty');

export const body = z.discriminatedUnion('type', [
  z.object({ type: z.literal('lb'), lb_name: name, lb_pool: name }),
  z.object({ type: z.literal('dns'), user_hostname: name, overwrite_existing: z.boolean().nullish() }),
]);

const change = z.enum(['new', 'updated', 'unchanged']);
export const result = z.union([
  z.object({ load_balancer: change, pool: change }).meta({ id: 'TunnelLoadBalancerChange' }),
  z.object({ cname: change, name: z.string() }).meta({ id: 'TunnelDnsChange' }),
]);

export type Body = z.output<typeof body>;
export type Change = z.output<typeof change>;
export type Result = z.output<typeof result>;
