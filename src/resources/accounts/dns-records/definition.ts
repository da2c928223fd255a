import { present } from '../../../api/fields.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import { tunnelOf } from '../../../net/hostnames.js';
import type { LiveDnsRecord, LivePublishedHostname } from '../../../state/snapshot.js';
import type { DatabaseClient } from '../../../storage/database.js';
import { Prisma } from '../../../storage/generated/client.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { shownValues } from '../../_kit/fields.js';
import { keyIn, tableOf } from '../../_kit/soft-deleted.js';
import { among, type Stored, storedFrom } from '../../_kit/stored.js';
import { AUTOMATIC, fields, type RecordValues } from './fields.js';
import { dataOf, partOf, type ServedType, typeOf } from './types.js';

/** What "automatic" is for whoever asks DNS. */
const AUTOMATIC_SECONDS = 300;

/** `values.name` is the complete name, lower case. */
export interface DnsRecord extends Stored<RecordValues> {
  readonly zone: { readonly id: string; readonly name: string };
  /** Since when the comment and the tags are what they are; null for what is not there. */
  readonly commentModifiedOn: Date | null;
  readonly tagsModifiedOn: Date | null;
}

export const dnsRecords: Definition<DnsRecord, 'name'> = {
  noun: 'published_hostname',
  ownerOf: ({ zone }) => zone.id,
  createdAt: ({ createdOn }) => createdOn,
  indexes: { name: ({ zone, values }) => keyIn(zone.id, values.name) },
  relations: [
    tableOf('dns_record', Object.values(Prisma.DnsRecordScalarFieldEnum), {
      part: ({ zone, values, ...record }: DnsRecord) => ({ ...record, ...values, zoneId: zone.id }),
    }),
  ],
  async load(db: DatabaseClient, ids) {
    const rows = await db.dnsRecord.findMany({
      where: among(ids),
      include: { zone: { select: { id: true, name: true, accountId: true } } },
    });
    return rows.map(({ zone: { accountId, ...zone }, commentModifiedOn, tagsModifiedOn, ...row }) => ({
      ...storedFrom(fields, { ...row, accountId }),
      zone,
      commentModifiedOn,
      tagsModifiedOn,
    }));
  },
};

/** Whether it says where its name leads, which a load balancer of that name says in its place. */
export const leadsSomewhere = ({ values }: DnsRecord): boolean => partOf(values.type) !== 'text';

/** The tunnel whose ingress rules requests for the name go to; null for a record that leads no requests anywhere. It may be gone. */
export const publishedTunnel = ({ type, content, proxied }: RecordValues): string | null =>
  type === 'CNAME' && proxied ? tunnelOf(content) : null;

/** What the data plane sees of a record that leads requests to a tunnel. */
export function livePublishedHostname({
  id,
  accountId,
  zone,
  values,
}: DnsRecord): LivePublishedHostname | null {
  const tunnelId = publishedTunnel(values);
  return tunnelId === null ? null : { id, accountId, zoneName: zone.name, hostname: values.name, tunnelId };
}

/** What it sees of every other one: what DNS says. */
export function liveDnsRecord({ id, zone, values }: DnsRecord): LiveDnsRecord | null {
  if (publishedTunnel(values) !== null) return null;
  const { name, ttl, settings } = values;
  return {
    id,
    zoneName: zone.name,
    name,
    type: values.type as ServedType,
    ttl: ttl === AUTOMATIC ? AUTOMATIC_SECONDS : ttl,
    data: dataOf(values),
    // The apex has records that no alias may stand beside.
    flattened: settings.flatten_cname === true || name === zone.name,
  };
}

export const dnsRecordToWire = ({ id, values, ...times }: DnsRecord) => ({
  id,
  ...shownValues(fields, values),
  proxiable: typeOf(values.type as ServedType).proxiable,
  meta: {},
  created_on: timestamp(times.createdOn),
  modified_on: timestamp(times.modifiedOn),
  ...present({
    comment_modified_on: timestampOrNull(times.commentModifiedOn),
    tags_modified_on: timestampOrNull(times.tagsModifiedOn),
  }),
});
