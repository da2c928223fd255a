import { z } from 'zod';
import { ApiError } from '../../wire/errors.js';
import { present } from '../../wire/fields.js';
import { hexId } from '../../wire/identifiers.js';
import { text } from '../../wire/text.js';
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
import { psk, pskMetadata, pskMetadataOf } from './psk.js';
import type { Tunnel, Write } from './tunnel.js';

const required = {
  name: field.name,
  cloudflare_endpoint: field.ipAddress,
  interface_address: field.interfaceAddress,
};

const identities = z.object({ fqdn_id: text(253).nullish() });

const optional = {
  automatic_return_routing: field.boolean.nullish(),
  bgp: field.bgp.nullish(),
  custom_remote_identities: identities.nullish(),
  customer_endpoint: field.ipAddress.nullish(),
  description: field.description.nullish(),
  health_check: healthCheckBody.nullish(),
  interface_address6: field.interfaceAddress6.nullish(),
  psk: psk.nullish(),
  replay_protection: field.boolean.nullish(),
};

export const ipsecBody = z.object({ ...required, ...optional });
export const ipsecChange = z
  .object({ ...required, ...optional })
  .partial()
  .extend({ id: hexId });

export const ipsecTunnel = z
  .object({
    id: hexId,
    name: z.string(),
    cloudflare_endpoint: z.string(),
    customer_endpoint: z.string().optional(),
    interface_address: z.string(),
    interface_address6: z.string().optional(),
    description: z.string().optional(),
    allow_null_cipher: z.literal(false),
    automatic_return_routing: z.boolean(),
    replay_protection: z.boolean(),
    health_check: wireHealthCheck,
    custom_remote_identities: z.object({ fqdn_id: z.string() }).optional(),
    psk_metadata: pskMetadata.optional(),
    bgp: field.bgp.optional(),
    created_on: timestampSchema,
    modified_on: timestampSchema,
  })
  .meta({ id: 'IpsecTunnel' });

export interface IpsecFields {
  readonly cloudflare_endpoint: string;
  readonly customer_endpoint: string | null;
  readonly interface_address: string;
  readonly interface_address6: string | null;
  readonly description: string | null;
  readonly automatic_return_routing: boolean;
  readonly replay_protection: boolean;
  readonly health_check: HealthCheck;
  readonly custom_remote_identities: { readonly fqdn_id: string } | null;
  readonly bgp: field.Bgp | null;
}

const DEFAULTS = {
  customer_endpoint: null,
  interface_address6: null,
  description: null,
  automatic_return_routing: false,
  replay_protection: false,
  health_check: DEFAULT_HEALTH_CHECK,
  custom_remote_identities: null,
  bgp: null,
} as const satisfies Partial<IpsecFields>;

/** PUT of one tunnel: what the body leaves out is the default; only the pre-shared key stays. */
export const ipsecReplacement = (
  body: z.output<typeof ipsecBody>,
  accountId: string,
  objectForm: boolean,
): Write<IpsecFields> => ipsecAfter(body, { ...body, ...DEFAULTS }, body.name, { accountId, objectForm });

/** One of a bulk PUT, which only has to name the id: what it leaves out stays. */
export const ipsecMerge = (
  body: z.output<typeof ipsecChange>,
  { name, accountId, fields }: Tunnel<IpsecFields>,
  objectForm: boolean,
): Write<IpsecFields> => ipsecAfter(body, fields, name, { accountId, objectForm });

type Changes = Omit<z.output<typeof ipsecChange>, 'id'>;
type Required = Pick<IpsecFields, 'cloudflare_endpoint' | 'interface_address'>;

function ipsecAfter(
  body: Changes,
  base: Required & Omit<IpsecFields, keyof Required>,
  name: string,
  { accountId, objectForm }: { accountId: string; objectForm: boolean },
): Write<IpsecFields> {
  const value = <K extends keyof typeof DEFAULTS>(key: K, given: IpsecFields[K] | null | undefined) =>
    given === undefined ? base[key] : (given ?? DEFAULTS[key]);
  return {
    name: body.name ?? name,
    psk: body.psk ?? null,
    fields: {
      cloudflare_endpoint: body.cloudflare_endpoint ?? base.cloudflare_endpoint,
      customer_endpoint: value('customer_endpoint', body.customer_endpoint),
      interface_address: body.interface_address ?? base.interface_address,
      interface_address6: value('interface_address6', body.interface_address6),
      description: value('description', body.description),
      automatic_return_routing: value('automatic_return_routing', body.automatic_return_routing),
      replay_protection: value('replay_protection', body.replay_protection),
      health_check: healthCheckAfter(body.health_check, base.health_check, objectForm),
      custom_remote_identities: value('custom_remote_identities', identitiesOf(body, accountId)),
      bgp: value('bgp', body.bgp),
    },
  };
}

/** Throws ApiError when the identity is not one of the account. */
function identitiesOf({ custom_remote_identities: given }: Changes, accountId: string) {
  if (!given?.fqdn_id) return given && null;
  const suffix = `.${accountId}.custom.ipsec.cloudflare.com`;
  const { fqdn_id } = given;
  if (fqdn_id.endsWith(suffix) && LABEL.test(fqdn_id.slice(0, -suffix.length))) return { fqdn_id };
  throw new ApiError(
    'invalid_request',
    `custom_remote_identities.fqdn_id "${fqdn_id}" must be <custom label>${suffix}`,
  );
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export function ipsecToWire(tunnel: Tunnel<IpsecFields>, objectForm: boolean): z.output<typeof ipsecTunnel> {
  const { cloudflare_endpoint, interface_address, automatic_return_routing, replay_protection, ...rest } =
    tunnel.fields;
  const { health_check, ...optional } = rest;
  const endpoints = {
    interfaceAddress: interface_address,
    customerEndpoint: optional.customer_endpoint,
  };
  return {
    id: tunnel.id,
    name: tunnel.name,
    cloudflare_endpoint,
    interface_address,
    allow_null_cipher: false,
    automatic_return_routing,
    replay_protection,
    health_check: healthCheckToWire(health_check, endpoints, objectForm),
    ...present({ ...optional, psk_metadata: pskMetadataOf(tunnel) }),
    created_on: timestamp(tunnel.createdOn),
    modified_on: timestamp(tunnel.modifiedOn),
  };
}
