import { z } from 'zod';
import { ApiError } from '../../api/errors.js';
import { hexId } from '../../api/identifiers.js';
import { integer, text } from '../../api/text.js';
import {
  answerOf,
  type Declaration,
  field,
  patchBody,
  required,
  unset,
  type ValuesOf,
  writeBody,
} from '../_kit/fields.js';
import * as schemas from './fields.js';
import { DEFAULT_HEALTH_CHECK, type HealthCheck, healthCheckBody, wireHealthCheck } from './health-check.js';
import { psk, pskMetadata } from './psk.js';

const shared = {
  name: required(schemas.name),
  interface_address: required(schemas.interfaceAddress),
  automatic_return_routing: field(schemas.boolean, false),
  bgp: unset(schemas.bgp),
  description: unset(schemas.description),
  health_check: field<typeof healthCheckBody, HealthCheck>(healthCheckBody, DEFAULT_HEALTH_CHECK, {
    shown: wireHealthCheck,
  }),
  interface_address6: unset(schemas.interfaceAddress6),
};

const { name, interface_address, automatic_return_routing, bgp, ...more } = shared;

const gre = {
  name,
  customer_gre_endpoint: required(schemas.ipAddress),
  cloudflare_gre_endpoint: required(schemas.ipAddress),
  interface_address,
  automatic_return_routing,
  bgp,
  ...more,
  /** An IPv4 packet has at most 65535 bytes. */
  mtu: field(integer(576, 65_535), 1476),
  ttl: field(integer(1, 255), 64),
};

const identities = z.object({ fqdn_id: text(253).nullish() });

const ipsecBody = {
  name,
  cloudflare_endpoint: required(schemas.ipAddress),
  interface_address,
  automatic_return_routing,
  bgp,
  custom_remote_identities: unset(identities, { shown: z.object({ fqdn_id: z.string() }) }),
  customer_endpoint: unset(schemas.ipAddress),
  ...more,
  psk: unset(psk),
  replay_protection: field(schemas.boolean, false),
};
/** Of the key itself nothing is kept but its digest. */
const { psk: _told, ...ipsec } = ipsecBody;

/** What a tunnel of any kind has, besides what only its own has. */
export type TunnelValues = ValuesOf<typeof shared> & Readonly<Record<string, unknown>>;
/** What a client has sent of a tunnel. */
export type TunnelBody = Readonly<Record<string, unknown>> & {
  readonly health_check?: z.output<typeof healthCheckBody> | null;
  readonly psk?: string | null;
};

/** What tells the kinds of tunnels apart. */
export interface MagicKind {
  readonly kind: 'gre' | 'ipsec';
  readonly title: string;
  /** As summaries call one. */
  readonly one: string;
  readonly fields: Declaration;
  readonly bodies: { readonly write: z.ZodType<TunnelBody>; readonly change: z.ZodType<Change> };
  readonly answer: z.ZodType;
  readonly customerEndpoint: string;
  /** What a PUT of one tunnel leaves as it is when it does not name it, as the operation does not take it. */
  readonly staying: readonly string[];
  /** Among the tunnels of which kinds its name is its own, as the API describes them. */
  readonly namesAmong: readonly string[];
  /** The body as it counts; throws what is wrong with it in this account. */
  readonly read: (body: TunnelBody, accountId: string) => TunnelBody;
}
export type Change = TunnelBody & { readonly id: string };

const bodiesOf = (fields: Declaration) => ({
  write: writeBody(fields) as unknown as z.ZodType<TunnelBody>,
  change: patchBody(fields).extend({ id: hexId }) as unknown as z.ZodType<Change>,
});

export const GRE: MagicKind = {
  kind: 'gre',
  title: 'GRE',
  one: 'a GRE tunnel',
  fields: gre,
  bodies: bodiesOf(gre),
  answer: answerOf('GreTunnel', gre),
  customerEndpoint: 'customer_gre_endpoint',
  staying: ['bgp'],
  namesAmong: ['gre'],
  read: (body) => body,
};

export const IPSEC: MagicKind = {
  kind: 'ipsec',
  title: 'IPsec',
  one: 'an IPsec tunnel',
  fields: ipsec,
  bodies: bodiesOf(ipsecBody),
  answer: answerOf('IpsecTunnel', ipsec, { psk_metadata: pskMetadata.optional() }),
  customerEndpoint: 'customer_endpoint',
  staying: [],
  namesAmong: ['gre', 'ipsec'],
  read: withIdentityOf,
};

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

function withIdentityOf(body: TunnelBody, accountId: string): TunnelBody {
  const given = body.custom_remote_identities as { fqdn_id?: string | null } | null | undefined;
  if (given === undefined) return body;
  if (!given?.fqdn_id) return { ...body, custom_remote_identities: null };
  const suffix = `.${accountId}.custom.ipsec.cloudflare.com`;
  const { fqdn_id } = given;
  if (fqdn_id.endsWith(suffix) && LABEL.test(fqdn_id.slice(0, -suffix.length))) return body;
  throw new ApiError(
    'invalid_request',
    `custom_remote_identities.fqdn_id "${fqdn_id}" must be <custom label>${suffix}`,
  );
}
