import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { canonicalHost, inAscii, isHostnameIn, tunnelHostname } from '../../../net/hostnames.js';
import { initialOf, valuesAfter } from '../../_kit/fields.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import type { Zone } from '../zones/definition.js';
import { getZone } from '../zones/rules.js';
import { checkBeside } from './beside.js';
import { type DnsRecord, publishedTunnel } from './definition.js';
import { AUTOMATIC, fields, type RecordBody, type RecordValues } from './fields.js';
import { isServed, partOf, typeOf } from './types.js';

const initial = initialOf(fields);

function existing(world: WorkingWorld, zoneId: string, id: string): DnsRecord {
  const record = world.dnsRecords.get(id);
  if (record?.zone.id !== zoneId) throw new ApiError('dns_record_missing');
  return record;
}

export function createRecord(draft: WorkingDraft, zoneId: string, body: RecordBody): DnsRecord {
  const zone = getZone(draft, zoneId);
  return inserted(draft, zone, checked(draft, zone, valuesOf(body, initial), null));
}

/** Writes nothing when nothing changes. */
export function changeRecord(
  draft: WorkingDraft,
  zoneId: string,
  id: string,
  body: RecordBody,
  method: 'PUT' | 'PATCH',
): DnsRecord {
  const zone = getZone(draft, zoneId);
  const before = existing(draft, zone.id, id);
  const after = valuesOf(body, method === 'PUT' ? initial : before.values);
  const values = checked(draft, zone, after, before);
  return isDeepStrictEqual(values, before.values) ? before : updated(draft, before, values);
}

export function removeRecord(draft: WorkingDraft, zoneId: string, id: string): DnsRecord {
  const record = existing(draft, getZone(draft, zoneId).id, id);
  draft.dnsRecords.remove(id);
  return record;
}

export interface Led {
  readonly cname: 'new' | 'updated' | 'unchanged';
  readonly name: string;
}

/**
 * Makes `hostname` lead to the tunnel, as `cloudflared tunnel route dns` wants it. A record that leads elsewhere is changed
 * with `overwrite` alone.
 */
export function leadToTunnel(
  draft: WorkingDraft,
  zone: Zone,
  tunnelId: string,
  hostname: string,
  overwrite: boolean,
): Led {
  checkTunnel(draft, zone, tunnelId);
  const name = nameIn(zone, hostname);
  const content = tunnelHostname(tunnelId);
  const there = draft.dnsRecords
    .by('name', keyIn(zone.id, name))
    .filter(({ values }) => partOf(values.type) !== 'text');
  const [record] = there;
  if (!record) {
    inserted(draft, zone, valuesOf({ type: 'CNAME', name, content, proxied: true }, initial));
    return { cname: 'new', name };
  }
  const { values } = record;
  if (values.content === content && values.proxied) return { cname: 'unchanged', name };
  if (!overwrite) throw new ApiError('tunnel_hostname_taken', name);
  for (const other of there.slice(1)) draft.dnsRecords.remove(other.id);
  const { flatten_cname, ...settings } = values.settings;
  updated(draft, record, { ...values, type: 'CNAME', content, proxied: true, ttl: AUTOMATIC, settings });
  return { cname: 'updated', name };
}

/** Only the proxy's addresses are ever told, for as long as the proxy likes. */
function valuesOf(body: RecordBody, base: RecordValues): RecordValues {
  const values = valuesAfter(fields, body, base, initial);
  return values.proxied ? { ...values, ttl: AUTOMATIC } : values;
}

/** The values with the complete name and the content in its one form. What is stored already was good when it was written. */
function checked(
  world: WorkingWorld,
  zone: Zone,
  values: RecordValues,
  stored: DnsRecord | null,
): RecordValues {
  const { type, proxied } = values;
  if (!isServed(type)) throw new ApiError('not_implemented', `A DNS record of type ${type}`);
  if (proxied && !typeOf(type).proxiable) throw new ApiError('dns_not_proxiable', type);
  checkSettings(values);
  const content = typeOf(type).stored(values.content);
  const whole = { ...values, name: nameIn(zone, values.name), content };
  if (type === 'CNAME' && content === whole.name) throw new ApiError('dns_cname_itself');
  const tunnelId = publishedTunnel(whole);
  if (tunnelId !== null && tunnelId !== (stored && publishedTunnel(stored.values)))
    checkTunnel(world, zone, tunnelId);
  const others = world.dnsRecords
    .by('name', keyIn(zone.id, whole.name))
    .filter(({ id }) => id !== stored?.id);
  checkBeside(
    others.map((record) => record.values),
    whole,
  );
  return whole;
}

function checkSettings({
  proxied,
  settings: { ipv4_only, ipv6_only, flatten_cname },
  type,
}: RecordValues): void {
  if (flatten_cname && (proxied || type !== 'CNAME'))
    throw new ApiError(
      'dns_invalid',
      `settings.flatten_cname is ${proxied ? 'not for proxied records' : `for CNAME records, and not for ${type}`}`,
    );
  if (ipv4_only && ipv6_only)
    throw new ApiError('dns_invalid', 'settings.ipv4_only and settings.ipv6_only leave no address');
}

function checkTunnel(world: WorkingWorld, { accountId }: Zone, id: string): void {
  const tunnel = world.tunnels.get(id);
  if (tunnel?.accountId !== accountId || tunnel.tunType !== 'cfd_tunnel')
    throw new ApiError('dns_content_invalid', `the account has no tunnel ${id}`);
}

function nameIn(zone: Zone, text: string): string {
  const name = recordName(zone.name, text);
  if (name === null)
    throw new ApiError('dns_invalid', `"${text}" does not make a host name in the zone ${zone.name}`);
  return name;
}

/**
 * The complete, lower-case name of a record that was named `text` in the zone: `@` is the zone, and what does not end in the
 * zone's name is taken to stand below it, whatever it looks like. Null when no record can have it.
 */
export function recordName(zone: string, text: string): string | null {
  const given = canonicalHost(inAscii(text));
  if (given === '@') return zone;
  const name = given === zone || given.endsWith(`.${zone}`) ? given : `${given}.${zone}`;
  return isHostnameIn(zone, name) ? name : null;
}

function inserted(draft: WorkingDraft, zone: Zone, values: RecordValues): DnsRecord {
  const { now } = draft;
  const record = {
    id: draft.ids.hex(),
    accountId: zone.accountId,
    zone: { id: zone.id, name: zone.name },
    values,
    ...annotated(values, null, now),
    createdOn: now,
    modifiedOn: now,
  };
  draft.dnsRecords.put(record);
  return record;
}

function updated(draft: WorkingDraft, before: DnsRecord, values: RecordValues): DnsRecord {
  const { now } = draft;
  const record = { ...before, values, ...annotated(values, before, now), modifiedOn: now };
  draft.dnsRecords.put(record);
  return record;
}

function annotated({ comment, tags }: RecordValues, before: DnsRecord | null, now: Date) {
  const sameComment = comment === before?.values.comment;
  const sameTags = isDeepStrictEqual(tags, before?.values.tags);
  return {
    commentModifiedOn: comment === null ? null : sameComment ? before!.commentModifiedOn : now,
    tagsModifiedOn: tags.length === 0 ? null : sameTags ? before!.tagsModifiedOn : now,
  };
}
