import { createHash } from 'node:crypto';
import { visibleZones } from '../../../api/access.js';
import { failures, listOf, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { listed, pageRequest } from '../../../api/pagination.js';
import { accountsForZones } from '../../../api/permissions.js';
import { timestamp } from '../../../api/timestamps.js';
import { nameServersOf } from '../../../net/name-servers.js';
import type { Context } from '../../context.js';
import { inUnicode } from '../../hostname.js';
import { noticesOf } from '../../not-yet.js';
import { notYet } from './not-yet.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';

const tags = ['Zones'];
const response = { 200: successOf(schema.zone), ...failures };

export function zoneRoutes(app: Http, { db, access, settings }: Context): void {
  const toWire = (zone: store.ZoneWithAccount) => zoneView(zone, settings.dns.nameServers);

  app.get(
    '/zones',
    {
      schema: {
        tags,
        summary: 'List zones',
        querystring: schema.listQuery,
        response: { 200: listOf(schema.zone), ...failures },
      },
    },
    async ({ credential, query }) => {
      const page = pageRequest(query, 20);
      const visible = visibleZones(credential!.token, access);
      const { items, total } = await store.list(db.read, query, visible, page);
      return listed(items.map(toWire), total, page);
    },
  );

  app.post(
    '/zones',
    { schema: { tags, summary: 'Create a zone', body: schema.createBody, response } },
    async ({ body, credential }) => {
      const among = accountsForZones(credential!.token, access);
      return ok(toWire(await db.transact((tx) => rules.createForCaller(tx, body, among))));
    },
  );

  app.get(
    '/zones/:zone_id',
    { schema: { tags, summary: 'Get a zone', params: schema.zoneParams, response } },
    async ({ params }) => ok(toWire(await rules.get(db.read, params.zone_id))),
  );

  app.patch(
    '/zones/:zone_id',
    {
      schema: { tags, summary: 'Change a zone', params: schema.zoneParams, body: schema.patchBody, response },
    },
    async ({ params, body }) =>
      ok(
        toWire(await db.transact((tx) => rules.change(tx, params.zone_id, body))),
        noticesOf<schema.PatchBody>(notYet, body),
      ),
  );

  app.delete(
    '/zones/:zone_id',
    {
      schema: {
        tags,
        summary: 'Delete a zone and its load balancers',
        params: schema.zoneParams,
        response: { 200: successOf(schema.deleted), ...failures },
      },
    },
    async ({ params }) => {
      await db.transact((tx) => rules.remove(tx, params.zone_id));
      return ok({ id: params.zone_id });
    },
  );
}

/**
 * The members that say nothing here (plan, meta, owner) are there because clients insist on them. The name is shown in its
 * own script, as terraform-provider-cloudflare #399 and #412 have it from Cloudflare.
 */
function zoneView(zone: store.ZoneWithAccount, nameServers: readonly string[]): schema.WireZone {
  const partial = zone.type === 'partial';
  return {
    id: zone.id,
    name: inUnicode(zone.name),
    status: 'active',
    paused: zone.paused,
    type: zone.type as schema.WireZone['type'],
    development_mode: 0,
    // DNS of a partial zone stays where it is.
    name_servers: partial ? [] : nameServersOf(nameServers, zone.name),
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: timestamp(zone.createdOn),
    modified_on: timestamp(zone.modifiedOn),
    activated_on: timestamp(zone.createdOn),
    vanity_name_servers: zone.vanityNameServers as string[],
    ...(partial ? { verification_key: verificationKey(zone.id) } : {}),
    meta: { step: 2, custom_certificate_quota: 0, page_rule_quota: 0, phishing_detected: false },
    owner: { id: zone.account.id, type: 'organization', name: zone.account.name },
    account: { id: zone.account.id, name: zone.account.name },
    permissions: ['#lb:edit', '#lb:read', '#zone:edit', '#zone:read'],
    plan: {
      id: '94f3b7b768b0458b56d2cac4fe5ec0f9',
      name: 'Enterprise Website',
      price: 0,
      currency: 'USD',
      frequency: '',
      is_subscribed: true,
      can_subscribe: true,
      legacy_id: 'enterprise',
    },
  };
}

/** What the owner would put into a TXT record to prove the zone theirs, such as `284344499-1084221259`; always the same. */
function verificationKey(id: string): string {
  const digest = createHash('sha256').update(id).digest();
  return `${digest.readUInt32BE(0)}-${digest.readUInt32BE(4)}`;
}
