import { present } from '../../../api/fields.js';
import { timestamp, timestampOrNull } from '../../../api/timestamps.js';
import type { WireDnsRecord } from './schema.js';
import type { DnsRecord } from './store.js';

export function toWire(record: DnsRecord): WireDnsRecord {
  return {
    id: record.id,
    name: record.name,
    type: 'CNAME',
    content: record.content,
    proxiable: true,
    proxied: record.proxied,
    ttl: record.ttl,
    settings: record.settings as WireDnsRecord['settings'],
    meta: {},
    comment: record.comment,
    tags: record.tags as string[],
    created_on: timestamp(record.createdOn),
    modified_on: timestamp(record.modifiedOn),
    ...present({
      comment_modified_on: timestampOrNull(record.commentModifiedOn),
      tags_modified_on: timestampOrNull(record.tagsModifiedOn),
    }),
  };
}
