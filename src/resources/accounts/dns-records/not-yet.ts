import { type NotYet, noticesOf } from '../../not-yet.js';
import type { WireDnsRecord } from './schema.js';

const NOT_YET: NotYet<WireDnsRecord> = {
  settings: ({ ipv4_only, ipv6_only }) =>
    ipv4_only || ipv6_only ? 'answers of DNS have the addresses of both families' : undefined,
};

export const notices = (record: WireDnsRecord) => noticesOf(NOT_YET, record);
