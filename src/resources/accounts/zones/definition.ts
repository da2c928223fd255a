import { createHash } from 'node:crypto';
import { timestamp } from '../../../api/timestamps.js';
import { inUnicode, nameServersOf } from '../../../net/hostnames.js';
import type { LiveZone } from '../../../state/snapshot.js';
import type { DatabaseClient } from '../../../storage/database.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { among, relationOf, type Stored, storedFrom } from '../../_kit/stored.js';
import type { Account } from '../accounts/definition.js';
import { fields, type WireZone, type ZoneValues } from './fields.js';

export interface Zone extends Stored<ZoneValues> {
  /** As DNS has it: lower case, in ASCII. It never changes. */
  readonly name: string;
}

export const zones: Definition<Zone, 'name' | 'all'> = {
  noun: 'zone',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdOn }) => createdOn,
  indexes: { name: ({ name }) => name, all: () => '' },
  relations: [relationOf<typeof fields, Zone>('zone', fields, { name: ({ name }) => name })],
  async load(db: DatabaseClient, ids) {
    const rows = await db.zone.findMany({ where: among(ids) });
    return rows.map((row) => ({ ...storedFrom(fields, row), name: row.name }));
  },
};

/** DNS of a partial zone stays where it is. */
export const liveZone = ({ id, name, values }: Zone): LiveZone | null =>
  values.type === 'partial' ? null : { id, name };

/**
 * The members that say nothing here (plan, meta, owner) are there because clients insist on them. The name is shown in its
 * own script, as terraform-provider-cloudflare #399 and #412 have it from Cloudflare.
 */
export function zoneToWire(zone: Zone, account: Account, nameServers: readonly string[]): WireZone {
  const { type, paused, vanity_name_servers } = zone.values;
  const partial = type === 'partial';
  return {
    id: zone.id,
    name: inUnicode(zone.name),
    status: 'active',
    paused,
    type,
    development_mode: 0,
    // DNS of a partial zone stays where it is.
    name_servers: partial ? [] : nameServersOf(nameServers, zone.name),
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: timestamp(zone.createdOn),
    modified_on: timestamp(zone.modifiedOn),
    activated_on: timestamp(zone.createdOn),
    vanity_name_servers: [...vanity_name_servers],
    ...(partial ? { verification_key: verificationKey(zone.id) } : {}),
    meta: { step: 2, custom_certificate_quota: 0, page_rule_quota: 0, phishing_detected: false },
    owner: { id: account.id, type: 'organization', name: account.name },
    account: { id: account.id, name: account.name },
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
