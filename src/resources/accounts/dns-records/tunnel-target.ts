import type { LivePublishedHostname } from '../../../live/snapshot.js';
import { tunnelOf } from '../../../net/tunnel-hostname.js';
import type { DnsRecord } from './store.js';

/** The record as the data plane sees it. Its tunnel may be gone: then nothing leads anywhere. */
export function publishedHostname(record: DnsRecord): LivePublishedHostname | null {
  const tunnelId = tunnelOf(record.content);
  if (tunnelId === null) return null;
  return {
    id: record.id,
    accountId: record.zone.accountId,
    zoneName: record.zone.name,
    hostname: record.name,
    tunnelId,
  };
}
