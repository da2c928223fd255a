import { z } from 'zod';
import { ApiError } from '../../api/errors.js';
import { mergeFields, present } from '../../api/fields.js';
import { hexId } from '../../api/identifiers.js';
import { text } from '../../api/text.js';
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

type Optional = Omit<IpsecFields, 'cloudflare_endpoint' | 'interface_address' | 'health_check'>;

const DEFAULTS: Optional = {
  customer_endpoint: null,
  interface_address6: null,
  description: null,
  automatic_return_routing: false,
  replay_protection: false,
  custom_remote_identities: null,
  bgp: null,
};

/** PUT of one tunnel: what the body leaves out is the default; only the pre-shared key stays. */
export function ipsecReplacement(
  body: z.output<typeof ipsecBody>,
  accountId: string,
  objectForm: boolean,
): Write<IpsecFields> {
  const { name, cloudflare_endpoint, interface_address } = body;
  const required = { cloudflare_endpoint, interface_address };
  const base = { ...DEFAULTS, ...required, health_check: DEFAULT_HEALTH_CHECK };
  return ipsecAfter(body, base, name, { accountId, objectForm });
}

/** One of a bulk PUT, which only has to name the id: what it leaves out stays. */
export const ipsecMerge = (
  body: z.output<typeof ipsecChange>,
  { name, accountId, fields }: Tunnel<IpsecFields>,
  objectForm: boolean,
): Write<IpsecFields> => ipsecAfter(body, fields, name, { accountId, objectForm });

type Changes = Omit<z.output<typeof ipsecChange>, 'id'>;

function ipsecAfter(
  body: Changes,
  base: IpsecFields,
  name: string,
  { accountId, objectForm }: { accountId: string; objectForm: boolean },
): Write<IpsecFields> {
  const plain = { ...body, custom_remote_identities: identitiesOf(body, accountId) };
  return {
    name: body.name ?? name,
    psk: body.psk ?? null,
    fields: {
      ...mergeFields<Optional>(plain, base, DEFAULTS),
      cloudflare_endpoint: body.cloudflare_endpoint ?? base.cloudflare_endpoint,
      interface_address: body.interface_address ?? base.interface_address,
      health_check: healthCheckAfter(body.health_check, base.health_check, objectForm),
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
    automatic_return_routing,
    replay_protection,
    health_check: healthCheckToWire(health_check, endpoints, objectForm),
    ...present({ ...optional, psk_metadata: pskMetadataOf(tunnel) }),
    created_on: timestamp(tunnel.createdOn),
    modified_on: timestamp(tunnel.modifiedOn),
  };
}
