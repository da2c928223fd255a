import { z } from 'zod';
import { mergeFields, present } from '../../api/fields.js';
import { hexId } from '../../api/identifiers.js';
import { integer } from '../../api/text.js';
import { timestamp, timestampSchema } from '../../api/timestamps.js';
import * as field from './fields.js';
import {
  DEFAULT_HEALTH_CHECK,
  type HealthCheck,
  healthCheckAfter,
  healthCheckBody,
  healthCheckToWire,
  wireHealthCheck,
} from './health-check.js';
import type { Tunnel, Write } from './tunnel.js';

const required = {
  name: field.name,
  customer_gre_endpoint: field.ipAddress,
  cloudflare_gre_endpoint: field.ipAddress,
  interface_address: field.interfaceAddress,
};

const optional = {
  automatic_return_routing: field.boolean.nullish(),
  bgp: field.bgp.nullish(),
  description: field.description.nullish(),
  health_check: healthCheckBody.nullish(),
  interface_address6: field.interfaceAddress6.nullish(),
  /** An IPv4 packet has at most 65535 bytes. */
  mtu: integer(576, 65_535).nullish(),
  ttl: integer(1, 255).nullish(),
};

export const greBody = z.object({ ...required, ...optional });
export const greChange = z
  .object({ ...required, ...optional })
  .partial()
  .extend({ id: hexId });

export const greTunnel = z
  .object({
    id: hexId,
    name: z.string(),
    customer_gre_endpoint: z.string(),
    cloudflare_gre_endpoint: z.string(),
    interface_address: z.string(),
    interface_address6: z.string().optional(),
    description: z.string().optional(),
    automatic_return_routing: z.boolean(),
    mtu: z.int(),
    ttl: z.int(),
    health_check: wireHealthCheck,
    bgp: field.bgp.optional(),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'GreTunnel' });

export interface GreFields {
  readonly customer_gre_endpoint: string;
  readonly cloudflare_gre_endpoint: string;
  readonly interface_address: string;
  readonly interface_address6: string | null;
  readonly description: string | null;
  readonly automatic_return_routing: boolean;
  readonly mtu: number;
  readonly ttl: number;
  readonly health_check: HealthCheck;
  readonly bgp: field.Bgp | null;
}

type Optional = Omit<
  GreFields,
  'customer_gre_endpoint' | 'cloudflare_gre_endpoint' | 'interface_address' | 'health_check'
>;

const DEFAULTS: Optional = {
  interface_address6: null,
  description: null,
  automatic_return_routing: false,
  mtu: 1476,
  ttl: 64,
  bgp: null,
};

/** PUT of one tunnel: what the body leaves out is the default, but BGP, which the operation does not take, stays. */
export function greReplacement(
  body: z.output<typeof greBody>,
  stored: GreFields | null,
  objectForm: boolean,
): Write<GreFields> {
  const { name, customer_gre_endpoint, cloudflare_gre_endpoint, interface_address } = body;
  const required = { customer_gre_endpoint, cloudflare_gre_endpoint, interface_address };
  const bgp = stored?.bgp ?? null;
  const base = { ...DEFAULTS, ...required, health_check: DEFAULT_HEALTH_CHECK, bgp };
  return greAfter(body, base, name, objectForm);
}

/** One of a bulk PUT, which only has to name the id: what it leaves out stays. */
export const greMerge = (
  body: z.output<typeof greChange>,
  stored: Tunnel<GreFields>,
  objectForm: boolean,
): Write<GreFields> => greAfter(body, stored.fields, stored.name, objectForm);

function greAfter(
  body: Omit<z.output<typeof greChange>, 'id'>,
  base: GreFields,
  name: string,
  objectForm: boolean,
): Write<GreFields> {
  return {
    name: body.name ?? name,
    fields: {
      ...mergeFields<Optional>(body, base, DEFAULTS),
      customer_gre_endpoint: body.customer_gre_endpoint ?? base.customer_gre_endpoint,
      cloudflare_gre_endpoint: body.cloudflare_gre_endpoint ?? base.cloudflare_gre_endpoint,
      interface_address: body.interface_address ?? base.interface_address,
      health_check: healthCheckAfter(body.health_check, base.health_check, objectForm),
    },
  };
}

export function greToWire(tunnel: Tunnel<GreFields>, objectForm: boolean): z.output<typeof greTunnel> {
  const { health_check, interface_address6, description, bgp, ...rest } = tunnel.fields;
  const endpoints = {
    interfaceAddress: rest.interface_address,
    customerEndpoint: rest.customer_gre_endpoint,
  };
  return {
    id: tunnel.id,
    name: tunnel.name,
    ...rest,
    health_check: healthCheckToWire(health_check, endpoints, objectForm),
    ...present({ interface_address6, description, bgp }),
    created_on: timestamp(tunnel.createdOn),
    modified_on: timestamp(tunnel.modifiedOn),
  };
}
