import { isDeepStrictEqual } from 'node:util';
import type { AccessDirectory } from '../../../api/access.js';
import { ApiError } from '../../../api/errors.js';
import { newHexId } from '../../../api/identifiers.js';
import { tunnelHostname, tunnelOf } from '../../../net/tunnel-hostname.js';
import type { Client, Tx } from '../../../storage/database.js';
import { isHostname } from '../../hostname.js';
import { getZone } from '../zones/index.js';
import { fieldsAfter, fieldsOf, type RecordFields } from './fields.js';
import { recordName } from './record-name.js';
import type { PatchBody, WriteBody } from './schema.js';
import * as store from './store.js';

interface Zone {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
}

async function existing(db: Client, zoneId: string, id: string): Promise<store.DnsRecord> {
  const record = await store.find(db, zoneId, id);
  if (!record) throw new ApiError('dns_record_missing');
  return record;
}

/** Throws when there is no such zone. */
export function requireZone(access: Pick<AccessDirectory, 'accountOf'>, zoneId: string): void {
  if (access.accountOf(zoneId) === undefined) throw new ApiError('no_such_route', `/zones/${zoneId}`);
}

export async function create(tx: Tx, zoneId: string, body: WriteBody): Promise<store.DnsRecord> {
  const zone = await getZone(tx.db, zoneId);
  const fields = await checked(tx.db, zone, fieldsAfter(body, null), null);
  return await insert(tx, zone, fields);
}

/** PUT: what the body leaves out goes back to its default. */
export const replace = (tx: Tx, zoneId: string, id: string, body: WriteBody) =>
  change(tx, zoneId, id, body, () => null);

/** PATCH: what the body leaves out stays. */
export const merge = (tx: Tx, zoneId: string, id: string, body: PatchBody) =>
  change(tx, zoneId, id, body, (stored) => stored);

/** Writes nothing when nothing changes. */
async function change(
  tx: Tx,
  zoneId: string,
  id: string,
  body: PatchBody,
  base: (stored: RecordFields) => RecordFields | null,
): Promise<store.DnsRecord> {
  const zone = await getZone(tx.db, zoneId);
  const before = await existing(tx.db, zoneId, id);
  const stored = fieldsOf(before);
  const fields = await checked(tx.db, zone, fieldsAfter(body, base(stored)), stored);
  return isDeepStrictEqual(fields, stored) ? before : await write(tx, before, fields);
}

export async function remove(tx: Tx, zoneId: string, id: string): Promise<void> {
  await getZone(tx.db, zoneId);
  await existing(tx.db, zoneId, id);
  await store.remove(tx, id);
}

export interface Led {
  readonly cname: 'new' | 'updated' | 'unchanged';
  readonly name: string;
}

/**
 * Makes `hostname` lead to the tunnel, as `cloudflared tunnel route dns` wants it. A record that leads elsewhere is changed
 * with `overwrite` alone.
 */
export async function leadToTunnel(
  tx: Tx,
  zone: Zone,
  tunnelId: string,
  hostname: string,
  overwrite: boolean,
): Promise<Led> {
  const name = nameIn(zone, hostname);
  const content = tunnelHostname(tunnelId);
  const record = await store.findByName(tx.db, zone.id, name);
  if (!record) {
    const body = { type: 'CNAME', name, content, proxied: true } as const;
    await insert(tx, zone, fieldsAfter(body, null));
    return { cname: 'new', name };
  }
  if (record.content === content) return { cname: 'unchanged', name };
  if (!overwrite) throw new ApiError('tunnel_hostname_taken', name);
  await write(tx, record, { ...fieldsOf(record), content });
  return { cname: 'updated', name };
}

/** The fields with the complete name. What is stored already was good when it was written. */
async function checked(
  db: Client,
  zone: Zone,
  fields: RecordFields,
  stored: RecordFields | null,
): Promise<RecordFields> {
  checkServed(fields);
  const name = nameIn(zone, fields.name);
  const { ipv4_only, ipv6_only, flatten_cname } = fields.settings;
  if (flatten_cname) throw new ApiError('dns_invalid', 'settings.flatten_cname is not for proxied records');
  if (ipv4_only && ipv6_only)
    throw new ApiError('dns_invalid', 'settings.ipv4_only and settings.ipv6_only leave no address');
  if (fields.content !== stored?.content) await checkTunnel(db, zone, fields.content);
  if (name !== stored?.name && (await store.findByName(db, zone.id, name)))
    throw new ApiError('dns_record_exists');
  return { ...fields, name };
}

/** Of all that DNS has there is what publishes the host names of tunnels. */
function checkServed({ type, content, proxied }: RecordFields): void {
  if (type !== 'CNAME') throw new ApiError('not_implemented', `A DNS record of type ${type}`);
  if (!isHostname(content))
    throw new ApiError(
      'dns_content_invalid',
      `"${content}" is not a host name such as <tunnel id>.cfargotunnel.com`,
    );
  if (tunnelOf(content) === null)
    throw new ApiError(
      'not_implemented',
      `A CNAME record to "${content}", and not to <tunnel id>.cfargotunnel.com,`,
    );
  if (!proxied) throw new ApiError('not_implemented', 'A CNAME record that is not proxied');
}

async function checkTunnel(db: Client, { accountId }: Zone, content: string): Promise<void> {
  const tunnelId = tunnelOf(content)!;
  if (!(await store.hasTunnel(db, accountId, tunnelId)))
    throw new ApiError('dns_content_invalid', `the account has no tunnel ${tunnelId}`);
}

function nameIn(zone: Zone, text: string): string {
  const name = recordName(zone.name, text);
  if (name === null)
    throw new ApiError('dns_invalid', `"${text}" does not make a host name in the zone ${zone.name}`);
  return name;
}

async function insert(tx: Tx, zone: Zone, fields: RecordFields): Promise<store.DnsRecord> {
  const now = new Date();
  const record = {
    id: newHexId(),
    zoneId: zone.id,
    zone: { name: zone.name, accountId: zone.accountId },
    ...fields,
    tags: [...fields.tags],
    ...annotated(fields, null, now),
    createdOn: now,
    modifiedOn: now,
  };
  await store.insert(tx, record);
  return record;
}

async function write(tx: Tx, before: store.DnsRecord, fields: RecordFields): Promise<store.DnsRecord> {
  const now = new Date();
  const record = {
    ...before,
    ...fields,
    tags: [...fields.tags],
    ...annotated(fields, before, now),
    modifiedOn: now,
  };
  await store.update(tx, record);
  return record;
}

/** Since when the comment and the tags are what they are; null for what is not there. */
function annotated({ comment, tags }: RecordFields, before: store.DnsRecord | null, now: Date) {
  const sameComment = before !== null && comment === before.comment;
  const sameTags = before !== null && isDeepStrictEqual(tags, before.tags);
  return {
    commentModifiedOn: comment === null ? null : sameComment ? before.commentModifiedOn : now,
    tagsModifiedOn: tags.length === 0 ? null : sameTags ? before.tagsModifiedOn : now,
  };
}
