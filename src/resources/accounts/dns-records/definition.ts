import { present } from '../../../api/fields.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { LivePublishedHostname } from '../../../live/snapshot.js';
import { tunnelOf } from '../../../net/tunnel-hostname.js';
import type { DatabaseClient } from '../../../storage/database.js';
import { Prisma } from '../../../storage/generated/client.js';
import type { Definition } from '../../../storage/tables/definition.js';
import { shownValues } from '../../_kit/fields.js';
import { keyIn, tableOf } from '../../_kit/soft-deleted.js';
import { among, type Stored, storedFrom } from '../../_kit/stored.js';
import { fields, type RecordValues } from './fields.js';

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

/** The record as the data plane sees it. Its tunnel may be gone: then nothing leads anywhere. */
export function livePublishedHostname({
  id,
  accountId,
  zone,
  values,
}: DnsRecord): LivePublishedHostname | null {
  const tunnelId = tunnelOf(values.content);
  return tunnelId === null ? null : { id, accountId, zoneName: zone.name, hostname: values.name, tunnelId };
}

export const dnsRecordToWire = ({ id, values, ...times }: DnsRecord) => ({
  id,
  ...shownValues(fields, values),
  proxiable: true,
  meta: {},
  created_on: timestamp(times.createdOn),
  modified_on: timestamp(times.modifiedOn),
  ...present({
    comment_modified_on: timestampOrNull(times.commentModifiedOn),
    tags_modified_on: timestampOrNull(times.tagsModifiedOn),
  }),
});
