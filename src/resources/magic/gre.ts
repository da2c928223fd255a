import { z } from 'zod';
import { present } from '../../wire/fields.js';
import { hexId } from '../../wire/identifiers.js';
import { integer } from '../../wire/text.js';
import { timestamp, timestampSchema } from '../../wire/timestamps.js';
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

const DEFAULTS = {
  interface_address6: null,
  description: null,
  automatic_return_routing: false,
  mtu: 1476,
  ttl: 64,
  health_check: DEFAULT_HEALTH_CHECK,
  bgp: null,
} as const satisfies Partial<GreFields>;

/** PUT of one tunnel: what the body leaves out is the default, but BGP, which the operation does not take, stays. */
export function greReplacement(
  body: z.output<typeof greBody>,
  stored: GreFields | null,
  objectForm: boolean,
): Write<GreFields> {
  return greAfter(body, { ...body, ...DEFAULTS, bgp: stored?.bgp ?? null }, body.name, objectForm);
}

/** One of a bulk PUT, which only has to name the id: what it leaves out stays. */
export const greMerge = (
  body: z.output<typeof greChange>,
  stored: Tunnel<GreFields>,
  objectForm: boolean,
): Write<GreFields> => greAfter(body, stored.fields, stored.name, objectForm);

type Required = Pick<GreFields, 'customer_gre_endpoint' | 'cloudflare_gre_endpoint' | 'interface_address'>;

function greAfter(
  body: Omit<z.output<typeof greChange>, 'id'>,
  base: Required & Omit<GreFields, keyof Required>,
  name: string,
  objectForm: boolean,
): Write<GreFields> {
  const value = <K extends keyof typeof DEFAULTS>(key: K, given: GreFields[K] | null | undefined) =>
    given === undefined ? base[key] : (given ?? DEFAULTS[key]);
  return {
    name: body.name ?? name,
    fields: {
      customer_gre_endpoint: body.customer_gre_endpoint ?? base.customer_gre_endpoint,
      cloudflare_gre_endpoint: body.cloudflare_gre_endpoint ?? base.cloudflare_gre_endpoint,
      interface_address: body.interface_address ?? base.interface_address,
      interface_address6: value('interface_address6', body.interface_address6),
      description: value('description', body.description),
      automatic_return_routing: value('automatic_return_routing', body.automatic_return_routing),
      mtu: value('mtu', body.mtu),
      ttl: value('ttl', body.ttl),
      health_check: healthCheckAfter(body.health_check, base.health_check, objectForm),
      bgp: value('bgp', body.bgp),
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
